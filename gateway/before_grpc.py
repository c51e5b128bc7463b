"""Imported before anything that imports gRPC, which reads this once.

gRPC's handlers for fork(2) start its threads anew in every child, and in about one of fifty these crash it before it has become
another program (uvloop forks; asyncio's own loop calls vfork, which runs no handlers). The gateway never goes on as its own
child, so it needs none of them.
"""

import os

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
