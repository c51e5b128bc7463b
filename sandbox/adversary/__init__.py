"""Attacks on live boxes, made from within by a hostile program. What a box promises is tried, not read off its settings.

    calls, sockets, places, exhaustion    the attacks, as tables: what is tried, and the outcomes in which the box has held
    egress                                those on the broker, its only way out
    neighbours                            those of one box on another
    case                                  what an attack, an outcome and a verdict are
    probe/                                the hostile program (Go, standard library), built like the runner
    probe_image, probe_box                a box with the probe in the runner's place, and nothing else changed
    attack                                all of them, against boxes of one runtime

`callgate doctor --sandbox` and `tests/security` run the same ones. An attack that succeeds does no harm.
"""
