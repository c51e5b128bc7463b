"""Runs of agents: plan, state and end, so that another process goes on where one has died. The calls are the ledger's.

Knows: versions of a state, quotas. Must not know: Redis, gRPC, who may see or stop a run.
"""
