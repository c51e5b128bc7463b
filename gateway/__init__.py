"""The network edge and the decisions: who may do what, once, and with proof.

Knows: callers, policies, invocations, retries, gRPC, Redis, Vault; composes `registry` and `sandbox`. Must not know: how a
document becomes a tool, how a box is made. Only `assembly` wires the real parts; nothing but `store` imports redis, nothing
but `vault` imports hvac.

The map, from the outside in:

    edge         server, boundary, status, authentication, catalog_service, invocation_service, wire
    pipeline     invoker (read it first), carrying, attempt, trail, cleanup, upkeep
    decisions    policy, budget, approvals, decision, retry: pure, or nearly
    values       invocation, principal, errors, config
    records      ledger (the protocol), redis_ledger, ledger.lua, memory_ledger, lost, codec; redis_catalog, catalog.lua; store
    secrets      credentials (the protocol), vault_credentials, fake_credentials, vault, vault_login; for the operator:
                 roles, provision
    around it    assembly, telemetry, logs, diagnosis, probes; embedded/: Redis, OpenBao and dockerd for those who have none;
                 cli/ is the command line
"""
