"""Stand-ins for tests: a pool without boxes, and an engine without containers. They confine nothing.

Knows: the protocols of `api` and of the engine, and what the contract tests hold both a stand-in and the real part to. Must not
know: the pool's parts. No other room may import it.
"""
