"""Two drafts of one tool → findings: what changed, how bad that is for callers, and what they must do.

Knows: how one keyword, one schema, a response and the wire may change, and oasdiff's ids. Must not know: documents, versions
and their states, whether a version is held back. Where JSON Schema is not decidable, a change counts as breaking.
"""
