"""No unasked second effect, nothing lost, nothing left, whatever dies: `make bench B=faults`.

Two gateways on one store carry calls out against an upstream that counts its effects, while everything that they need is
killed, frozen, cut off or lied to. The gateways, the store, the Vault and the engine are real processes. One storm runs in
boxes; a longer one runs the same gateways on the in-process pool, for a volume that no engine gives.

The map: `__main__` is the story; `storm` lets callers and injuries loose on an `arena`, and `verdict` says what came of it.

    arena       the processes: `doors` (gateways, each behind its own `cable` to the store), `clocked_store`, Vault, engine
    charges     the upstream that counts
    injuries    what is done to all of them, by kind
    callers     who repeats a call with its key until it has an outcome
"""
