"""The network edge and the decisions: who may do what, once, and with proof.

Knows: callers, policies, invocations, retries, gRPC, Redis, Vault; composes `registry` and `sandbox`. Must not know: how a
document becomes a tool, how a box is made. Only `assembly` wires the real parts; nothing but `records.store` imports redis,
nothing but `secrets.vault` imports hvac.

The map, from the outside in:

    edge/        gRPC: server, services, authentication, the table of statuses
    pipeline     invoker (read it first), performing, carrying, pulse, attempt, trail; calls before it, cleanup and upkeep
                 behind it, resuming beside it; reserves, recall and reviews where attempts are not enough, or not needed
    decisions/   policy, budget, approvals, breaker, what a result means, when to retry: pure, or nearly
    values       call, invocation, work, principal, errors, config
    records/     the ledger, the catalog and recordings, in Redis and in memory
    secrets/     tokens of Vault for one call; for the operator, the roles behind them
    around it    before_grpc, assembly, telemetry, metrics, logs, diagnosis, probes; embedded/: Redis, OpenBao and dockerd for
                 those who have none; cli/ is the command line
"""
