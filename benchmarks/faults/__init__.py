"""Whether faults cause a second effect, lose a call or leave something behind: `make bench B=faults`.

Two gateways on one store carry calls out against an upstream that counts its effects, while the benchmark kills, freezes and
cuts off everything that they need, and sets the store's clock. The gateways, the store, the Vault and the engine are real
processes. One storm runs in boxes; a longer one runs the same gateways on the in-process pool, for a volume that no engine
bears.

The map: `__main__` runs two storms; a `storm` lets callers and injuries loose on an `arena`, and `verdict` counts the effects.

    arena               the processes: `gateways`, `clocked_store`, Vault, engine
    gateways            each behind a `redis_fault_proxy` of its own to the store
    counting_upstream   the upstream, which counts its effects and misbehaves at times
    injuries            the faults that a storm injects into all of them, by kind
    callers             each repeats a call with its key until the call has an outcome
"""
