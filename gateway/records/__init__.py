"""What is remembered: invocations, runs, recordings, tool versions, and which tokens are valid.

Knows: the records' states and encodings. Must not know: gRPC, Vault, what a box is beyond its name, why a transition is wanted.

`ledger/`, `principals/`, `recordings/`, `runs/` and `tokens/` are protocols, each with an implementation in memory.
`artifacts/` keeps files, in a directory or a bucket. `redis/` is the room of all that speaks to Redis: only the assembly
and the command line see it.
"""
