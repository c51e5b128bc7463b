"""Drafts → versions of tools, and which version a reference means.

Knows: states of versions, what an import adds, holds back, supersedes or deprecates and why, and the Catalog protocol with one
catalog in memory.
Must not know: documents, requests, Redis, who may import or promote. What an import does is decided before it is written.
"""
