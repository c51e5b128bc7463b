"""Drafts → versions of tools, and which version a reference means.

Knows: states of versions, what an import adds, holds back, supersedes or deprecates and why, which tenant owns it, who did what
to it (`acts`), what is published to other tenants (`publications`), and the protocols with catalogs in memory.
Must not know: documents, requests, Redis, who may import, promote or publish. What an import does is decided before it is
written.
"""
