"""Boxes: throwaway containers in which one job runs, once.

Knows: the container engine, how a box is confined, its sockets, its runner, the broker, and the evidence of what left a box.
Must not know: tools, policies, callers, gRPC, Redis. It takes a Job and an Egress, and gives back a Result with the evidence.

The rooms. A room imports only from floors below its own, and each `__init__` says what its room knows:

    pool        waiting boxes and waiting callers: which boxes are made, leased, replaced and removed
    adversary   attacks on live boxes, from within, by the hostile program in `adversary/probe`
    testing     a pool without boxes and an engine without containers, for tests
    ─────────
    box         one box: its sockets, the connection to its runner, and the one job that it does
    reaping     which gateways are dead, and the removal of what they left
    ─────────
    egress      the broker, a box's only way out: hosts, addresses, bounds, the permission to send
    engine      the container engine, and the image of the runner's boxes
    hardening   what a box may not do, as the configuration of its container
    ─────────
    api         the values and protocols that a gateway uses: job, result, spec, errors, ports, pool_stats

`runner/` is no room, but the Go program that is process 1 in each box.
"""
