"""Boxes: throwaway containers in which one job runs, once.

Knows: the container engine, a box's profile, sockets, the broker, the runner, what left a box. Must not know: tools, policies,
callers, gRPC, Redis. It takes a Job and an Egress, and gives back a Result with the evidence.

The map, from the outside in:

    job, result, lease, errors      the values and protocols that callers see
    spec                            what a box may be made of: image, command, runtime, limits
    pool                            leases boxes and refills itself; `fake` is one without containers
    queue, stock, demand, figures   who waits, which boxes wait, how many should, and what was counted
    supply                          makes and unmakes boxes for the pool, a bounded number at one time
    maker                           makes and unmakes a box, through `engine` (the protocol) and `profile` (the hardening)
    docker_engine                   the one module that speaks to Docker
    runner_image                    what boxes are made of: `runner/`, the Go program inside, and a CA bundle
    box                             one box: its directory and sockets (`gate`), the `line` to its runner
    conversation, execution         one job on that line, in `frames`: a request, or a program; and what each ending proves
    seccomp, syscalls               the kernel calls that a box may make
    runtimes                        how strongly it is kept apart: the host's kernel, or one of its own
    adversary/                      attacks on live boxes, from within
    broker                          the only way out of a box, over `resolve` (names) and `addresses` (which may be reached);
                                    `connect` is the one request there, `way` the connection to an upstream, `allowance`
                                    what a job may still do, `consent` its permission, `client_hello` the first word of TLS,
                                    `tunnel` the bytes
    sweep                           what dead gateways left, told by their `presence`, the `register` and the containers' labels
"""
