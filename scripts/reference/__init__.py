"""The reference pages of the documentation, made of what the code, the protocol and the manifest's schema say.

Knows: the sources that it reads, and Markdown. Must not know: how the site is built.

The map: each module makes one page, and has `page()`; `markdown` is the form that they share. Where the source says nothing of
a name, the module has a sentence for it, in a table that a test holds to the source.
"""
