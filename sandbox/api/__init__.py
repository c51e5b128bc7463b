"""What a gateway sees of the sandbox: lease a box, run one job in it, get a result with the evidence of what was sent.

Knows: the values (`job`, `spec`, `result`, `pool_stats`, `errors`, `engine_trouble`) and the protocols (`ports`) that both
sides share. Must not know: any other room of the sandbox, or any library. It imports nothing but itself and the standard
library.
"""
