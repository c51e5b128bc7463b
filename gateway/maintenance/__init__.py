"""What a gateway does without being called.

Knows: the ledger, the pipeline. Must not know: where records lie, how a box is removed.

`loops` runs every duty in its interval, and `backlog` works through what waits; `recovery` goes on with an invocation that
another gateway left; `principals_upkeep` learns who may call; `readiness` tells whether calls are served.
"""
