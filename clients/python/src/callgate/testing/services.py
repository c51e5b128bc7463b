"""Answers the RPCs: what a gateway says of calls, of their reviews and of tools."""
# ruff: noqa: N802 - gRPC names its methods

import threading
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from callgate import checks
from callgate.answer_events import MOST
from callgate.errors import CallgateError, InvocationNotFound, ToolNotFound
from callgate.fault_code import FaultCode
from callgate.outcomes import Outcome, Result, Succeeded, ToolFailed
from callgate.testing import wire
from callgate.testing.arguments import arguments_from
from callgate.testing.calls import FakeCall, FakeCalls, FakeDecision
from callgate.testing.endings import JSON, cancelled, end, too_late
from callgate.testing.pages import page
from callgate.testing.recordings import FakeRecordings
from callgate.testing.refusals import RecordedRefusal
from callgate.testing.searching import search
from callgate.testing.tools import FakeTools
from callgate.testing.written_calls import WrittenCall
from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import invocation_service_pb2 as invocations
from callgate.v1 import principal_service_pb2 as principals
from callgate.v1 import review_service_pb2 as reviews
from callgate.v1.invocation_pb2 import INVOCATION_STATE_UNSPECIFIED, Invocation
from callgate.v1.tool_pb2 import SCHEMA_FORM_STRICT

#: Seconds that are kept of an RPC's time for its answer.
MARGIN = 0.2
#: Seconds after which a stream without news looks whether its client is there.
LOOK = 0.2
#: Characters, as a gateway has it.
REASON_LENGTH, PATTERN_LENGTH = 1000, 200


class Calling:
    """InvocationService, over functions that run in threads."""

    def __init__(
        self, tools: FakeTools, calls: FakeCalls, recordings: FakeRecordings, begin_call: Callable[[str], None]
    ) -> None:
        """`begin_call` is asked whether a new call of the run may begin."""
        self._tools = tools
        self._calls = calls
        self._recordings = recordings
        self._begin_call = begin_call

    def Invoke(self, request: invocations.InvokeRequest, context: Any) -> invocations.InvokeResponse:
        written = WrittenCall(self._recordings, request)
        try:
            wanted = self._written(request, written)
            answered = written.replayed(wanted) if written.replays else None
            return invocations.InvokeResponse(invocation=answered or self._invoke(wanted, written, context))
        except (CallgateError, RecordedRefusal) as refusal:
            written.refused(refusal)
            raise

    def _invoke(self, wanted: FakeCall, written: WrittenCall, context: Any) -> Invocation:
        call, is_new = self._calls.claim(wanted, self._begin_call)
        if is_new:
            self.run(call, written.ended)
        self._calls.wait_over(call, _patience(written.request, context.time_remaining()))
        if call.refusal is not None:
            raise call.refusal
        written.ended(call)
        return wire.invocation(call, from_record=not is_new and call.over)

    def run(self, call: FakeCall, told: Callable[[FakeCall], None] = lambda _: None) -> None:
        """Run the function once, and end the call with what comes of it, or when its time is over. `told` is called then."""
        execution = self._calls.dispatch(call)
        clock = threading.Timer(call.timeout or 0.0, lambda: self._calls.finish(call, too_late(call.tool), execution))
        clock.daemon = True
        if call.timeout is not None:
            clock.start()

        def work() -> None:
            ended = end(call.tool, call.arguments, lambda line: self._calls.tell(call, line, execution))
            self._calls.finish(call, ended, execution)
            told(call)
            clock.cancel()

        threading.Thread(target=work, daemon=True, name=f"tool {call.reference}").start()

    def _written(self, request: invocations.InvokeRequest, written: WrittenCall) -> FakeCall:
        """The call that is wanted, which begins here where its run is recorded. Raises what it is refused with."""
        try:
            wanted = self._wanted(request)
        except ToolNotFound:
            if written.replays:
                written.unknown()
            raise
        written.begin(wanted)
        return wanted

    def _wanted(self, request: invocations.InvokeRequest) -> FakeCall:
        tool, said = self._tools.resolve(request.tool), arguments_from(request.args_json)
        arguments = tool.as_meant(said)
        tool.take(arguments)
        return FakeCall(
            reference=request.tool,
            tool=tool,
            arguments=arguments,
            idempotency_key=request.idempotency_key,
            run_id=request.run_id,
            timeout=request.timeout.ToNanoseconds() / 1e9 if request.HasField("timeout") else None,
            call_token=request.call_token,
            step=request.step,
            occurrence=request.occurrence,
            said=None if request.schema_form == SCHEMA_FORM_STRICT else said,
        )

    def GetInvocation(self, request: invocations.GetInvocationRequest, _: Any) -> invocations.GetInvocationResponse:
        return invocations.GetInvocationResponse(invocation=wire.invocation(self._calls.find(request.id)))

    def FindInvocation(self, request: invocations.FindInvocationRequest, _: Any) -> invocations.FindInvocationResponse:
        found = self._calls.with_key(request.idempotency_key)
        return invocations.FindInvocationResponse(invocation=wire.invocation(found))

    def ListInvocations(self, request: invocations.ListInvocationsRequest, _: Any) -> invocations.ListInvocationsResponse:
        if INVOCATION_STATE_UNSPECIFIED in request.states:
            raise checks.invalid("states has one that is no state of an invocation", "Give a State but UNSPECIFIED.")
        fitting = [wire.summary(call) for call in self._calls.known if _fits(request, call)]
        found, token = page(fitting, request.page_size, request.page_token)
        return invocations.ListInvocationsResponse(invocations=found, next_page_token=token)

    def WatchInvocation(
        self, request: invocations.WatchInvocationRequest, context: Any
    ) -> Iterator[invocations.WatchInvocationResponse]:
        call, told = self._calls.find(request.id), request.after
        seen = request.after_answer_attempt, request.after_answer_number
        yield invocations.WatchInvocationResponse(heartbeat={})
        while context.is_active():
            news, last = self._calls.events(
                call, told, until_settled=request.until_settled, seconds=LOOK, lines=seen[1] if request.answer_events else MOST
            )
            for event in call.answer_events if request.answer_events else ():
                if (event.attempt, event.number) > seen:
                    seen = event.attempt, event.number
                    yield invocations.WatchInvocationResponse(answer_event=wire.answer_event(event))
            for one in news:
                told = one.number
                yield invocations.WatchInvocationResponse(event=wire.event(one))
            if last:
                return

    def CancelInvocation(self, request: invocations.CancelInvocationRequest, _: Any) -> invocations.CancelInvocationResponse:
        call = self._calls.find(request.id)
        self._calls.finish(call, cancelled(call.tool), call.executions)
        return invocations.CancelInvocationResponse(invocation=wire.invocation(call))


class Reviewing:
    """ReviewService."""

    def __init__(self, calls: FakeCalls, calling: Calling) -> None:
        self._calls = calls
        self._calling = calling

    def ListReviews(self, request: reviews.ListReviewsRequest, _: Any) -> reviews.ListReviewsResponse:
        waiting = [wire.review(call) for call in reversed(self._calls.known) if call.under_review]
        found, token = page(waiting, request.page_size, request.page_token)
        return reviews.ListReviewsResponse(reviews=found, next_page_token=token)

    def GetReview(self, request: reviews.GetReviewRequest, _: Any) -> reviews.GetReviewResponse:
        return reviews.GetReviewResponse(review=wire.review(self._reviewed(request.id)))

    def ResolveReview(self, request: reviews.ResolveReviewRequest, _: Any) -> reviews.ResolveReviewResponse:
        call = self._reviewed(request.id)
        if not request.reason.strip() or len(request.reason) > REASON_LENGTH or not request.reason.isprintable():
            raise checks.invalid(f"a reason must have at most {REASON_LENGTH} printable characters", "Give such a reason.")
        seen = request.attempts_seen if request.HasField("attempts_seen") else None
        if self._calls.decide(call, FakeDecision(request.decision_id, request.reason, _decided(request), seen)):
            self._calling.run(call)
        return reviews.ResolveReviewResponse(review=wire.review(call))

    def _reviewed(self, id: str) -> FakeCall:
        call = self._calls.find(id)
        if call.opened is None:
            raise InvocationNotFound(f"no review of an invocation {id}", cure="`reviews.list` has those that are open.")
        return call


class Showing:
    """CatalogService, but for imports: the tools are those that the test has defined. And whose the one token is."""

    def __init__(self, tools: FakeTools) -> None:
        self._tools = tools

    def ListTools(self, request: catalog.ListToolsRequest, _: Any) -> catalog.ListToolsResponse:
        pattern = request.name_pattern or "*"
        if len(pattern) > PATTERN_LENGTH:
            raise checks.invalid(f"name_pattern has more than {PATTERN_LENGTH} characters", "Give a shorter one.")
        listed = [one for one in self._tools.all() if request.toolset in ("", one.toolset)]
        shown = wire.tool_name if request.view == catalog.TOOL_VIEW_NAMES else partial(wire.tool, form=request.schema_form)
        fitting = [shown(one.described) for one in listed if fnmatchcase(one.described.name, pattern)]
        found, token = page(fitting, request.page_size, request.page_token)
        return catalog.ListToolsResponse(tools=found, next_page_token=token)

    def SearchTools(self, request: catalog.SearchToolsRequest, _: Any) -> catalog.SearchToolsResponse:
        found = search(self._tools.all(), request)
        shown = [(wire.tool(tool.described, form=request.schema_form), score) for tool, score in found]
        return catalog.SearchToolsResponse(tools=[catalog.FoundTool(tool=tool, score=score) for tool, score in shown])

    def GetTool(self, request: catalog.GetToolRequest, _: Any) -> catalog.GetToolResponse:
        return catalog.GetToolResponse(tool=wire.tool(self._tools.resolve(request.tool).described, form=request.schema_form))

    def GetCaller(self, _: principals.GetCallerRequest, __: Any) -> principals.GetCallerResponse:
        caller = principals.Principal(tenant="fake", agent=wire.AGENT, subject=wire.SUBJECT, tools=["*"])
        return principals.GetCallerResponse(principal=caller)


def _patience(request: invocations.InvokeRequest, remaining: float | None) -> float | None:
    """Seconds to wait for the call's end; None: as long as it takes."""
    wanted = request.wait.ToNanoseconds() / 1e9 if request.HasField("wait") else None
    latest = None if remaining is None else max(0.0, remaining - MARGIN)
    return min((one for one in (wanted, latest) if one is not None), default=None)


def _decided(request: reviews.ResolveReviewRequest) -> Outcome | None:
    """None for another attempt."""
    if request.HasField("retry"):
        return None
    if request.HasField("succeed"):
        return Succeeded(Result(0, JSON, request.succeed.value_json))
    return ToolFailed(None, FaultCode.REVIEWED, "a reviewer has declared it failed", request.fail.effect_possible)


def _fits(request: invocations.ListInvocationsRequest, call: FakeCall) -> bool:
    told = wire.summary(call)
    accepted = told.accept_time.ToNanoseconds()
    return (
        request.tool in ("", told.tool, told.tool.partition("@")[0])
        and (not request.states or told.state in request.states)
        and request.run_id in ("", call.run_id)
        and request.agent in ("", told.agent)
        and request.subject in ("", told.subject)
        and request.idempotency_key in ("", call.idempotency_key)
        and (not request.HasField("start_time") or request.start_time.ToNanoseconds() <= accepted)
        and (not request.HasField("end_time") or accepted < request.end_time.ToNanoseconds())
    )
