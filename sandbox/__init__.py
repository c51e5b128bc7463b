"""Boxes: throwaway containers in which one job runs, once.

Knows: the container engine, a box's profile, sockets, the broker, the runner, what left a box. Must not know: tools, policies,
callers, gRPC, Redis. It takes a Job and an Egress, and gives back a Result with the evidence.

The map: `job` and `result` (the values that go in and come out), `engine` (the protocol) and `docker_engine` (the one module that
speaks to Docker), `profile` (the hardening list), `box` (one waiting container), `pool` (lease and refill), `broker` (the only way
out) over `addresses` (which addresses may be reached), `frames` (the wire to the runner), `runner_image`, `sweep` (what dead
gateways left), `runner/` (the Go program inside), `fake` (a pool without containers), `errors`.
"""
