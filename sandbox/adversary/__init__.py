"""Attacks on live boxes, made from within by a hostile program. They test what a box promises, instead of reading its settings.

    calls, sockets, places, exhaustion    the attacks, as tables: what is tried, and the outcomes in which the box has held
    egress                                attacks on the broker, a box's only way out
    neighbours                            attacks of one box on another
    case                                  what an attack, an outcome and a verdict are
    probe/                                the hostile program (Go, standard library), built like the runner
    probe_image, probe_box                a box with the probe in the runner's place, and no other change
    attack                                all attacks, on boxes of one runtime

Knows: how boxes are made and confined. Must not know: the pool, jobs, or gateways' calls. `callgate doctor --sandbox` and
`tests/security` run the same attacks. An attack that succeeds does no harm.
"""
