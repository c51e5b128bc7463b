"""Whether the parts of an installation are well, and the cure where one is not.

Knows: how Redis, Vault, the engine and a gateway answer. Must not know: calls. `doctor` and the other checks judge,
`health_checks` asks.
"""
