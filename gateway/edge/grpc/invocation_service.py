"""InvocationService: message in, pipeline, message out. No decisions."""

from collections.abc import AsyncIterator
from functools import partial

from callgate.v1 import invocation_service_pb2 as pb
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceServicer
from gateway.edge.grpc import exchange_wire, invocation_wire, listing_wire, preview_wire, watch_wire
from gateway.edge.grpc.answer_watch import AnswerWatch
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.heartbeats import SILENCE, with_heartbeats
from gateway.edge.grpc.paging import size_of
from gateway.model.errors import InvocationNotFound, RequestInvalid
from gateway.model.invocation import Invocation
from gateway.model.principal import Principal
from gateway.pipeline.call_list import CallList
from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.live_answers import LiveAnswers
from gateway.pipeline.preview import Previews
from gateway.records.ledger.protocol import Ledger
from gateway.records.runs.protocol import Runs


class InvocationEdge(InvocationServiceServicer):
    def __init__(
        self,
        authentication: Authentication,
        calls: CallsInFlight,
        ledger: Ledger,
        previews: Previews,
        *,
        runs: Runs,
        silence: float = SILENCE,
        live: LiveAnswers | None = None,
    ) -> None:
        """`runs`: those whose calls are listed. `silence`: seconds, after which a stream carries a heartbeat. `live`: the
        streamed answers of calls made here."""
        self._authentication = authentication
        self._calls = calls
        self._invoker = calls.invoker
        self._ledger = ledger
        self._previews = previews
        self._runs = runs
        self._silence = silence
        self._live = live or LiveAnswers()

    async def Invoke(self, request: pb.InvokeRequest, context: Context) -> pb.InvokeResponse:
        caller, call = self._authentication.caller(context), invocation_wire.call_from(request)
        answered = await self._calls.answer(caller, call, wait=invocation_wire.patience(request, context.time_remaining()))
        if answered.from_record:
            return invocation_wire.response_from_record(answered.invocation)
        return pb.InvokeResponse(invocation=invocation_wire.invocation(answered.invocation))

    async def PreviewInvocation(self, request: pb.PreviewInvocationRequest, context: Context) -> pb.PreviewInvocationResponse:
        caller, call = self._authentication.caller(context), preview_wire.call_from(request)
        return preview_wire.response(await self._previews.preview(caller, call))

    async def GetInvocation(self, request: pb.GetInvocationRequest, context: Context) -> pb.GetInvocationResponse:
        found = await self._invoker.read(self._authentication.caller(context), request.id)
        return pb.GetInvocationResponse(invocation=invocation_wire.invocation(found))

    async def FindInvocation(self, request: pb.FindInvocationRequest, context: Context) -> pb.FindInvocationResponse:
        principal, key = self._authentication.caller(context).principal, invocation_wire.key_from(request.idempotency_key)
        return pb.FindInvocationResponse(invocation=invocation_wire.invocation(await self._invoker.find(principal, key)))

    async def ListInvocations(self, request: pb.ListInvocationsRequest, context: Context) -> pb.ListInvocationsResponse:
        caller, wanted = self._authentication.caller(context), listing_wire.wanted_from(request)
        size, before = (
            size_of(request, listing_wire.PAGE, listing_wire.MOST),
            listing_wire.place_from(request, caller.principal),
        )
        if request.idempotency_key:
            found = await self._with_key(caller.principal, request.idempotency_key)
            return pb.ListInvocationsResponse(invocations=[listing_wire.summary(one) for one in found if wanted.fits(one)])
        page = await CallList(self._invoker.policy, self._ledger, self._runs).page(caller, wanted, before=before, size=size)
        return pb.ListInvocationsResponse(
            invocations=map(listing_wire.summary, page.calls),
            next_page_token=listing_wire.token(request, caller.principal, page.rest),
        )

    async def _with_key(self, principal: Principal, key: str) -> list[Invocation]:
        """One, or none. Raises RequestInvalid."""
        try:
            return [await self._invoker.find(principal, invocation_wire.key_from(key))]
        except InvocationNotFound:
            return []

    async def WatchInvocation(
        self, request: pb.WatchInvocationRequest, context: Context
    ) -> AsyncIterator[pb.WatchInvocationResponse]:
        caller = self._authentication.caller(context)
        await self._invoker.read(caller, request.id)
        told = self._told(caller.principal.tenant, request)
        async for message in with_heartbeats(told, pb.WatchInvocationResponse(heartbeat={}), self._silence, context):
            yield message

    async def _told(self, tenant: str, request: pb.WatchInvocationRequest) -> AsyncIterator[pb.WatchInvocationResponse]:
        events = self._ledger.events(tenant, request.id, after=request.after, settled=request.until_settled)
        if not request.answer_events:
            async for event in events:
                yield watch_wire.response(event)
            return
        after, read = watch_wire.place_from(request), partial(self._ledger.read, tenant, request.id)
        with self._live.of(tenant, request.id) as call:
            async for told in AnswerWatch(call, read, after).beside(events):
                yield watch_wire.response(told)

    async def GetExchange(self, request: pb.GetExchangeRequest, context: Context) -> pb.GetExchangeResponse:
        caller, kept = self._authentication.caller(context), self._invoker.kept_exchanges
        found = await kept.read(self._invoker.policy, caller, request.id)
        return pb.GetExchangeResponse(exchange=exchange_wire.exchange(found))

    async def EraseExchanges(self, request: pb.EraseExchangesRequest, context: Context) -> pb.EraseExchangesResponse:
        self._invoker.policy.authorize_operate(self._authentication.caller(context))
        if not request.tenant:
            raise RequestInvalid("no tenant is named")
        return pb.EraseExchangesResponse(erased=await self._invoker.kept_exchanges.exchanges.forget(request.tenant))

    async def CancelInvocation(self, request: pb.CancelInvocationRequest, context: Context) -> pb.CancelInvocationResponse:
        cancelled = await self._invoker.cancel(self._authentication.caller(context), request.id)
        return pb.CancelInvocationResponse(invocation=invocation_wire.invocation(cancelled))

    async def drain(self, grace: float) -> None:
        """Take no new calls, and wait up to `grace` seconds for those under way. The rest is left to the ledger's recovery."""
        await self._calls.drain(grace)
