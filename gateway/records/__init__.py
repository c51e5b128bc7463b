"""What is remembered: invocations and tool versions, in Redis or in memory.

Knows: keys, Redis Functions, encodings. Must not know: gRPC, Vault, boxes, why a transition is wanted. Only `store` imports
redis.

`ledger` is the protocol of the one; `redis_ledger` (over `ledger.lua`) and `memory_ledger` (over `specification`: what
each Function does) keep to it; `codec` encodes; `lost` says what is written for an attempt whose gateway died. `redis_catalog`
(over `catalog.lua`) is the registry's catalog, shared. `recordings` and `answer_cache` hold answers that are given again
without a call, and `redis_recordings` and `redis_answer_cache` keep them.
"""
