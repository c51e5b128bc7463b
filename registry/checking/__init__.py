"""Whether arguments and answers fit their schemas, however hostile either is.

What is little work is done in the gateway's process, other work in one that is ended when it works too long.
"""
