"""What a client has: each noun of the API in a file of its own, with its verbs, for asyncio and blocking.

The verbs are written in the asynchronous class; `callgate.blocking` makes the other's of them.
"""
