"""Answers that are given again without a call: recordings of runs, and the cache.

Knows: outcomes and the keys under which they are kept. Must not know: Redis, when an answer may be given again.
"""
