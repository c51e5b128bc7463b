"""How much of the gateway a caller and its tenant may have with other requests than calls: watches, imports, lists, recordings,
steps of a person's connection.

Each is refused or waits before anything is done for it. Not bounded here are calls, which have an admission of their own, and
what must be answered under any load: to look at an invocation, to cancel it, and health.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol

import grpc

from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.fair_turns import FairTurns
from gateway.edge.grpc.wrapping import Behaviour, wrapped
from gateway.model.errors import BudgetExhausted
from gateway.model.principal import Principal

#: Streams that a caller, and a tenant, may have open at one time. Each watch asks the store about twice a second.
WATCHES, TENANT_WATCHES = 64, 128
#: Recordings on their way in or out: one comes in as a whole before it is stored.
RECORDINGS, TENANT_RECORDINGS = 2, 4
#: Artifacts on their way in or out.
ARTIFACTS, TENANT_ARTIFACTS = 8, 16
#: Steps of a person's connection: each has a box, and may wait for another one that is at work on the same connection.
CONNECTIONS, TENANT_CONNECTIONS = 4, 32
#: Artifacts that are looked up or deleted at one time, of the whole gateway: fewer than the store has threads, which calls
#: need; and how many of a tenant may wait.
LOOKS, WAITING_LOOKS = 8, 64
#: The import that is read, and those that wait for it.
IMPORTS = 5
#: Searches that are open at one time: most of them wait for the tenant's index, or for their turn.
SEARCHES, TENANT_SEARCHES = 16, 32
#: Lists, and searches, at one time, of the whole gateway; and how many of a tenant may wait.
LISTS, WAITING_LISTS = 2, 16


#: Seconds for which the door gives the same refusal by itself: who has all of its share may ask on a thousand times a second.
REST = 0.25


class Share(Protocol):
    async def enter(self, caller: Principal) -> Callable[[], None]:
        """Take a part of the share. Returns how to give it back. Raises BudgetExhausted."""
        ...


class Streams:
    """So many at one time. `kind` names them in the plural; for `rest` seconds the door refuses others by itself."""

    def __init__(self, kind: str, *, each: int, tenant: int, rest: float = 0.0) -> None:
        self._kind = kind
        self._rest = rest
        self._each = each
        self._tenant = tenant
        self._open: Counter[Principal | str] = Counter()

    async def enter(self, caller: Principal) -> Callable[[], None]:
        for holder, most, whose in ((caller, self._each, "caller"), (caller.tenant, self._tenant, "tenant")):
            if self._open[holder] >= most:
                raise BudgetExhausted(f"{most} {self._kind} of this {whose} are open already", rest=self._rest)
        self._open.update((caller, caller.tenant))
        return partial(self._leave, caller)

    def _leave(self, caller: Principal) -> None:
        self._open.subtract((caller, caller.tenant))
        self._open += Counter()  # forgets those that have none


class Turns:
    """So many at one time, and the others in turn."""

    def __init__(self, turns: FairTurns) -> None:
        self._turns = turns

    async def enter(self, caller: Principal) -> Callable[[], None]:
        try:
            await self._turns.take(caller.tenant)
        except BudgetExhausted as refusal:
            refusal.rest = REST
            raise
        return self._turns.pass_on


def shares() -> dict[str, Share]:
    """By the names of the methods."""
    lists = Turns(FairTurns("lists", most=LISTS, line=WAITING_LISTS))
    # What asks the store of artifacts has turns of its own: others must not wait for that store.
    artifact_lists = Turns(FairTurns("lists of artifacts", most=LISTS, line=WAITING_LISTS))
    previews = Turns(FairTurns("previews", most=LISTS, line=WAITING_LISTS))
    looks = Turns(FairTurns("looks at artifacts", most=LOOKS, line=WAITING_LOOKS))
    artifacts = Streams("artifacts on their way", each=ARTIFACTS, tenant=TENANT_ARTIFACTS)
    recordings = Streams("recordings", each=RECORDINGS, tenant=TENANT_RECORDINGS)
    listing = (
        "InvocationService/ListInvocations",
        "CatalogService/ListTools",
        "CatalogService/ListVersions",
        "ReviewService/ListReviews",
        "PrincipalService/ListPrincipals",
        "ConnectionService/ListConnections",
        "RunService/ListRuns",
    )
    connecting = ("BeginConnection", "CompleteConnection", "BeginDeviceConnection", "PollDeviceConnection", "Disconnect")
    connections = Streams("steps of connections", each=CONNECTIONS, tenant=TENANT_CONNECTIONS)
    return {
        "/callgate.v1.InvocationService/WatchInvocation": Streams("watches", each=WATCHES, tenant=TENANT_WATCHES, rest=REST),
        "/callgate.v1.CatalogService/ImportToolset": Streams("imports", each=IMPORTS, tenant=IMPORTS),
        **{f"/callgate.v1.{method}": lists for method in listing},
        "/callgate.v1.CatalogService/SearchTools": Streams("searches", each=SEARCHES, tenant=TENANT_SEARCHES, rest=REST),
        "/callgate.v1.InvocationService/PreviewInvocation": previews,
        "/callgate.v1.RecordingService/ImportRecording": recordings,
        "/callgate.v1.RecordingService/ExportRecording": recordings,
        **{f"/callgate.v1.ConnectionService/{method}": connections for method in connecting},
        "/callgate.v1.ArtifactService/ReadArtifact": artifacts,
        "/callgate.v1.ArtifactService/PutArtifact": artifacts,
        "/callgate.v1.ArtifactService/ListArtifacts": artifact_lists,
        "/callgate.v1.ArtifactService/GetArtifact": looks,
        "/callgate.v1.ArtifactService/DeleteArtifact": looks,
    }


class Shares(grpc.aio.ServerInterceptor):
    """Within the boundary, which makes a status of a refusal, and within the admission."""

    def __init__(self, authentication: Authentication, of: Mapping[str, Share] | None = None) -> None:
        self._authentication = authentication
        self._of = shares() if of is None else of

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        found: Any = await continuation(handler_call_details)
        share = self._of.get(handler_call_details.method)
        if found is None or share is None:
            return found
        return wrapped(found, partial(self._unary, share), partial(self._streaming, share))

    def _unary(self, share: Share, behaviour: Behaviour) -> Behaviour:
        async def shared(request: Any, context: Context) -> Any:
            leave = await share.enter(self._authentication.caller(context).principal)
            try:
                return await behaviour(request, context)
            finally:  # not when the RPC ends: a client that takes no answer would hold the turn
                leave()

        return shared

    def _streaming(self, share: Share, behaviour: Behaviour) -> Behaviour:
        async def shared(request: Any, context: Context) -> AsyncIterator[Any]:
            await self._enter_stream(share, context)
            async for response in behaviour(request, context):
                yield response

        return shared

    async def _enter_stream(self, share: Share, context: Context) -> None:
        """Until the RPC ends in any way: gRPC leaves a generator that is not asked any more to the garbage collector."""
        leave = await share.enter(self._authentication.caller(context).principal)
        context.add_done_callback(lambda _: leave())  # type: ignore[arg-type] # the stubs want a class of theirs
