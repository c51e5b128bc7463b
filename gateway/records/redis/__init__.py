"""All that speaks to Redis: the way to it, the Functions that make each step atomic, and what keeps to the records' protocols.

Knows: keys, Redis Functions, encodings. Must not know: why a transition is wanted. Only `wire` imports redis.

`client` is the store, over `command_connections` and what `wire` connects; `trust` and `durability` say whether something new
may be begun on it, `replica_demand` who must have a permission, `standing` how it stands. Each of `ledger`, `catalog`,
`recordings`, `answer_cache` and `box_registry` keeps to a protocol, with its Functions in the `.lua` file of the same name;
`catalogs` has those of all tenants, `catalog_lookup` reads for them, and `version_cache` and `entry_cache` spare it reads.
"""
