"""Situations that real APIs make, one test each, through real boxes. `docs/requests-and-answers.md` says what is right.

`recipes` is an upstream that answers byte for byte as a test says; `situation` offers a document's tools of it. The files are
named by what they are about: the request, the answer, reaching it, the document, programs, the life of a toolset.
"""
