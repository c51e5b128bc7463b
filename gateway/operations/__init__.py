"""Whether the parts of an installation are well, and the cure where one is not.

Knows: how Redis, Vault, the engine and a gateway answer. Must not know: calls. `doctor` and the other checks judge,
`health_checks` asks. `loop_watchdog` ends a gateway whose event loop is held.
"""
