"""What a gateway does without being called.

Knows: the ledger, the pipeline. Must not know: where records lie, how a box is removed.

`loops` runs every duty in its interval; `recovery` goes on with an invocation that another gateway left; `readiness` tells
whether calls are served.
"""
