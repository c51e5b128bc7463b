"""All that speaks to Redis: the way to it, the Functions that make each step atomic, and what keeps to the records' protocols.

Knows: keys, Redis Functions, encodings. Must not know: why a transition is wanted. Only `wire` imports redis.

`client` is the store, over `command_connections` and what `wire` connects; `trust` and `durability` say whether something
new may be begun on it, `replica_demand` who must have a permission, `standing` how it stands. Each of `ledger`, `runs`,
`catalog`, `recordings`, `answer_cache`, `exchanges`, `principals`, `box_registry` and `host_registry` keeps to a protocol,
most with Functions in the `.lua` file of the same name; `catalogs` has the catalogs of all tenants, `catalog_lookup` reads
for them, `catalog_quota` counts what they store, and `version_cache` and `entry_cache` spare reads. `erasure` sees that
what was deleted leaves the disk.
"""
