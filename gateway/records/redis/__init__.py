"""All that speaks to Redis: one connection, the Functions that make each step atomic, and what keeps to the records' protocols.

Knows: keys, Redis Functions, encodings. Must not know: why a transition is wanted. Only `client` imports redis.

`client` is the connection, over `command_connections`; each of `ledger`, `catalog`, `recordings`, `answer_cache` and
`box_registry` keeps to a protocol, with its Functions in the `.lua` file of the same name; `version_cache` and `entry_cache`
spare the catalog reads.
"""
