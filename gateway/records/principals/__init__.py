"""Who may call, as it is kept: the principals file, and the protocol of what the store keeps beside it.

Knows: token entries. Must not know: Redis, gRPC, or what a right allows.
"""
