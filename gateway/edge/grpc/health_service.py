"""Health, of which strangers may ask: no watch holds up what is told to others, and there are only so many.

The servicer of grpc_health writes to a watcher while it holds the lock by which a state is changed. One watcher that takes
nothing would keep each later state from all others, and the gateway from its end. Nor does it stream by a generator, which our
interceptors wrap.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping

import grpc
from grpc_health.v1 import health_pb2 as pb
from grpc_health.v1.health_pb2_grpc import HealthServicer

from gateway.edge.door.peers import peer_of
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.failed_logins import host_of

#: Watches at one time, of one host and of all: each takes some ten kilobytes.
OF_HOST, OF_ALL = 200, 1000


class HealthEdge(HealthServicer):  # type: ignore[misc]  # it has no types
    def __init__(self, of_host: int = OF_HOST, of_all: int = OF_ALL) -> None:
        self._serving: dict[str, bool] = {}
        self._changed = asyncio.Event()
        self._most = of_host, of_all
        self._watches: Counter[str] = Counter()

    def tell(self, serving: Mapping[str, bool]) -> None:
        """From now on these services are served, or are not. No watcher is waited for."""
        self._serving |= serving
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def Check(self, request: pb.HealthCheckRequest, context: Context) -> pb.HealthCheckResponse:
        if request.service not in self._serving:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return pb.HealthCheckResponse(status=self._state(request.service))

    async def Watch(self, request: pb.HealthCheckRequest, context: Context) -> AsyncIterator[pb.HealthCheckResponse]:
        if not self._enter(host_of(peer_of(context)), context):
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many watches of health: use Check")
        told = None
        while True:
            changed, now = self._changed, self._state(request.service)
            if now == told:
                await changed.wait()
                continue
            told = now
            yield pb.HealthCheckResponse(status=now)

    def _state(self, service: str) -> int:
        if service not in self._serving:
            return int(pb.HealthCheckResponse.SERVICE_UNKNOWN)
        return int(pb.HealthCheckResponse.SERVING if self._serving[service] else pb.HealthCheckResponse.NOT_SERVING)

    def _enter(self, host: str, context: Context) -> bool:
        of_host, of_all = self._most
        if self._watches[host] >= of_host or self._watches.total() >= of_all:
            return False
        self._watches[host] += 1
        # When the RPC ends in any way: gRPC leaves a generator that is not asked any more to the garbage collector.
        context.add_done_callback(lambda _: self._leave(host))  # type: ignore[arg-type] # the stubs want a class of theirs
        return True

    def _leave(self, host: str) -> None:
        self._watches[host] -= 1
        self._watches += Counter()  # forgets those that have none
