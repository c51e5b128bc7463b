"""The gateway: who may do what, at most once, and with a record of it. It composes `registry` and `sandbox`.

Knows: callers, policies, invocations, retries, gRPC, Redis, Vault. Must not know: how a document becomes a tool, how a box is
made.

The rooms, from the top down; a room sees those below it:

    __main__, assembly   the process; the one place that wires the real parts
    cli/                 the command line
    edge/                what arrives, and how an error reads on the wire: gRPC, MCP
    maintenance/         what happens without a call: recovery, obligations, checks
    pipeline/            one call from its arrival to its recorded outcome; read `pipeline.invoker` first
    embedded/            Redis, OpenBao, dockerd and a gateway, for a machine that has none
    operations/          whether the parts are well: doctor, health checks
    decisions/           policy, budget, circuit breaker, what a result means, what follows it
    observability/       traces, metrics, logs
    records/             what is remembered: the ledger, recordings, the catalog; in Redis and in memory
    secrets/             Vault: one token for one call
    model/               the values that all of them share
    before_grpc          what must be set before gRPC is imported

`pyproject.toml` has this order as a rule.
"""
