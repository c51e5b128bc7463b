"""Bytes of a document → drafts, in a process of its own with limits on work, memory and time.

Knows: the limits for a document of some size, the process that keeps them, and the frames that pass between it and the gateway.
Must not know: what is in a document; `document` and `compiler` do. Trusts nothing that the process sends but its types.
"""
