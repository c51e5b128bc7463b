"""The network edge and the decisions: who may do what, once, and with proof.

Knows: callers, policies, invocations, retries, gRPC, Redis, Vault; composes `registry` and `sandbox`. Must not know: how a
document becomes a tool, how a box is made. Only `assembly` wires the real parts; nothing but `store` imports redis, nothing
but `vault` imports hvac.

The map: `invoker` is the pipeline, read it first; `attempt` is one try in one box; `ledger` remembers invocations
(`redis_ledger`, `ledger.lua`, `memory_ledger`); `credentials` mints and revokes; `policy`, `retry`, `verdict` are pure
decisions; `wire`, `status`, `boundary`, the two services and `server` are the edge; `embedded/` runs Redis, OpenBao and
dockerd for those who have none; `cli/` is the command line."""
