"""Whether faults cause a second effect, lose a call, make an answer untrue or leave something behind: `make bench B=faults`.

Two gateways on one store carry out two tenants' calls against an upstream that writes down what it did, while the benchmark
kills, freezes and cuts off everything that they need, sets every clock, and has the store fail over with a lost tail. Gateways,
store, Vault, engine and upstream are real processes. One storm runs in boxes; two longer ones run the same gateways on the
in-process pool, for a volume that no engine bears. Each key is asked of again at another gateway as soon as its call has ended,
and once more after the storm. The exit status is the verdict, which rests on what callers were told and on what the upstream
wrote down, and on no gateway's record.

The map: `__main__` runs the storms of `weather`; a `storm` lets callers, injuries and failovers loose on an `arena`; `verdict`
holds what callers were told against what the upstream did, and `figures_of_storms` has the bound of each figure.

    arena               the processes: `gateways`, `replicated_store`, `upstream_process`, Vault, engine
    gateways            each with a state directory, a wall clock (`clocks`) and a `redis_fault_proxy` of its own to the store
    replicated_store    two servers (`store_server`), each behind a `replication_door` that can hold back what its replica gets
    sentinels           they promote the replica in one of the storms; elsewhere an operator does
    counting_upstream   the upstream, a process that writes each effect to the `upstream_log`, and misbehaves at times
    injuries            the faults that a storm injects into all of them, by kind
    failovers           the primary dies with what only it had: who has written that, and who goes on first
    callers             each repeats its call (`calls`) until that has an outcome, then asks another gateway of the same key
    leftovers           what is left of leases, obligations, boxes, directories and tokens
    ports               for servers that are started again where they were
    waiting             for what other processes do, which send no event
"""
