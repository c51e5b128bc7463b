"""The command line against a real gRPC server on loopback that answers as it is told."""
# ruff: noqa: N802 - gRPC names a servicer's methods

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from typer.testing import CliRunner, Result

from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import (
    catalog_service_pb2_grpc,
    error_pb2,
    host_service_pb2_grpc,
    invocation_pb2,
    invocation_service_pb2_grpc,
    principal_service_pb2_grpc,
    recording_service_pb2_grpc,
    review_service_pb2_grpc,
    tool_pb2,
)
from callgate.v1 import host_service_pb2 as hosts
from callgate.v1 import invocation_service_pb2 as invocations
from callgate.v1 import principal_service_pb2 as principals
from callgate.v1 import recording_service_pb2 as recordings
from callgate.v1 import review_service_pb2 as reviews
from gateway.cli import build

Context: TypeAlias = grpc.ServicerContext

TOOL = tool_pb2.Tool(
    name="orders_get",
    version="1.0.0",
    description="Read an order.",
    input_schema_json=b'{"type":"object"}',
    effect=tool_pb2.EFFECT_READ,
    method="GET",
    endpoint="https://api.example/orders/{id}",
    digest="sha256:" + 64 * "2",
)


def make_entry() -> recordings.RecordingEntry:
    done = invocation_pb2.Outcome(succeeded={"result": {"http_status": 200, "body": b"\x00\xff"}})
    return recordings.RecordingEntry(
        tool="pay@1.0.0", tool_digest="sha256:" + 64 * "0", arguments_digest=64 * "1", occurrence=1, outcome=done
    )


def make_review() -> reviews.Review:
    attempt = invocation_pb2.InvocationAttempt(
        number=1, box="cg-1", evidence="EVIDENCE_SENT", fault="FAULT_CODE_UPSTREAM_BROKE"
    )
    unknown = invocation_pb2.Outcome(unknown={"message": "lost"})
    invocation = invocation_pb2.Invocation(
        id="inv-1", tool="pay@1.0.0", state="INVOCATION_STATE_UNKNOWN", outcome=unknown, attempts=[attempt], under_review=True
    )
    request = reviews.RedactedRequest(method="POST", endpoint="https://api.example/pay", arguments_json=b'{"amount": 1}')
    return reviews.Review(invocation=invocation, summary="It was let go.", suggestion="Look upstream.", request=request)


def make_host() -> hosts.Host:
    return hosts.Host(id="host-1", name="mill", gateways=["gw-1"], boxes=2, waiting=3)


def make_principal() -> principals.Principal:
    made = principals.Principal(id="0123456789abcdef", tenant="acme", agent="planner", subject="ada")
    made.tools[:], made.rights[:], made.creator = ["orders_*"], [principals.RIGHT_IMPORT], "acme/operator/kim"
    made.create_time.FromSeconds(1_800_000_000)
    return made


@dataclass
class Gateway(
    invocation_service_pb2_grpc.InvocationServiceServicer,
    catalog_service_pb2_grpc.CatalogServiceServicer,
    review_service_pb2_grpc.ReviewServiceServicer,
    host_service_pb2_grpc.HostServiceServicer,
    principal_service_pb2_grpc.PrincipalServiceServicer,
    recording_service_pb2_grpc.RecordingServiceServicer,
):
    """Answers `invocation`, `events`, `versions` and `report`, or, where `refusal` is set, refuses everything."""

    invocation: invocation_pb2.Invocation = field(
        default_factory=lambda: invocation_pb2.Invocation(id="inv-1", tool="orders_get@1.0.0")
    )
    events: list[invocation_pb2.InvocationEvent] = field(default_factory=list)
    report: catalog.ImportReport = field(default_factory=lambda: catalog.ImportReport(tools=[TOOL], added=1))
    progress: list[catalog.ImportProgress] = field(default_factory=lambda: [catalog.ImportProgress(done=1, total=1)])
    tool: tool_pb2.Tool = field(default_factory=lambda: TOOL)
    tools: list[tool_pb2.Tool] = field(default_factory=lambda: [TOOL])
    review: reviews.Review = field(default_factory=make_review)
    later_review: bool = False
    """Whether a decision is answered with an open review: that of the attempt that it has granted."""
    host: hosts.Host = field(default_factory=make_host)
    principal: principals.Principal = field(default_factory=make_principal)
    unconfirmed: list[str] = field(default_factory=list)
    entry: recordings.RecordingEntry = field(default_factory=make_entry)
    versions: list[catalog.ToolVersions] = field(default_factory=list)
    refusal: tuple[grpc.StatusCode, error_pb2.ErrorDetail] | None = None
    requests: list[Any] = field(default_factory=list)
    listed: invocation_pb2.InvocationSummary = field(default_factory=invocation_pb2.InvocationSummary)
    """What is on each of the two pages of the list of calls."""
    known: dict[str, str] = field(default_factory=dict)
    """Idempotency key → invocation, for those who look for one."""
    lists_nothing: bool = False
    """Whether lists of calls, reviews, versions and publications are empty."""
    held: threading.Event | None = None
    """Where there is one, a call is under way until it is set."""
    preview: invocations.PreviewInvocationResponse = field(default_factory=invocations.PreviewInvocationResponse)
    accepts: bool = True
    """Whether a call that is under way has been accepted."""
    invoked: threading.Event = field(default_factory=threading.Event)

    def Invoke(self, request: invocations.InvokeRequest, context: Context) -> invocations.InvokeResponse:
        self._admit(request, context)
        if self.held:
            self.known |= {request.idempotency_key: self.invocation.id} if self.accepts else {}
            self.invoked.set()
            self.held.wait(60)
        answer = invocations.InvokeResponse(invocation=self.invocation)
        if not (request.HasField("wait") or answer.invocation.HasField("outcome")):
            answer.invocation.outcome.unknown.message = "no test has said how it ended"
        return answer

    def PreviewInvocation(
        self, request: invocations.PreviewInvocationRequest, context: Context
    ) -> invocations.PreviewInvocationResponse:
        self._admit(request, context)
        return self.preview

    def GetInvocation(self, request: invocations.GetInvocationRequest, context: Context) -> invocations.GetInvocationResponse:
        self._admit(request, context)
        return invocations.GetInvocationResponse(invocation=self.invocation)

    def FindInvocation(
        self, request: invocations.FindInvocationRequest, context: Context
    ) -> invocations.FindInvocationResponse:
        self._admit(request, context)
        if request.idempotency_key not in self.known:
            self.refusal = grpc.StatusCode.NOT_FOUND, error_pb2.ErrorDetail(reason="ERROR_REASON_INVOCATION_NOT_FOUND")
            self._admit(request, context)
        return invocations.FindInvocationResponse(invocation=self.invocation)

    def ListInvocations(
        self, request: invocations.ListInvocationsRequest, context: Context
    ) -> invocations.ListInvocationsResponse:
        self._admit(request, context)
        if self.lists_nothing:
            return invocations.ListInvocationsResponse()
        more = "" if request.page_token else "more"
        return invocations.ListInvocationsResponse(invocations=[self.listed], next_page_token=more)

    def CancelInvocation(
        self, request: invocations.CancelInvocationRequest, context: Context
    ) -> invocations.CancelInvocationResponse:
        self._admit(request, context)
        return invocations.CancelInvocationResponse(invocation=self.invocation)

    def WatchInvocation(
        self, request: invocations.WatchInvocationRequest, context: Context
    ) -> Iterator[invocations.WatchInvocationResponse]:
        self._admit(request, context)
        for event in self.events:
            yield invocations.WatchInvocationResponse(event=event)

    def ListReviews(self, request: reviews.ListReviewsRequest, context: Context) -> reviews.ListReviewsResponse:
        self._admit(request, context)
        return reviews.ListReviewsResponse(reviews=[] if self.lists_nothing else [self.review])

    def GetReview(self, request: reviews.GetReviewRequest, context: Context) -> reviews.GetReviewResponse:
        self._admit(request, context)
        return reviews.GetReviewResponse(review=self.review)

    def ResolveReview(self, request: reviews.ResolveReviewRequest, context: Context) -> reviews.ResolveReviewResponse:
        self._admit(request, context)
        if not self.later_review:
            self.review.author, self.review.reason = "operator/ada", request.reason
        return reviews.ResolveReviewResponse(review=self.review)

    def ListHosts(self, request: hosts.ListHostsRequest, context: Context) -> hosts.ListHostsResponse:
        self._admit(request, context)
        return hosts.ListHostsResponse(hosts=[self.host])

    def DeclareHostLost(self, request: hosts.DeclareHostLostRequest, context: Context) -> hosts.DeclareHostLostResponse:
        self._admit(request, context)
        self.host.lost_author, self.host.lost_reason = "operator/ada", request.reason
        self.host.lost_time.FromSeconds(1_800_000_000)
        return hosts.DeclareHostLostResponse(host=self.host, discharged=3)

    def AddPrincipal(self, request: principals.AddPrincipalRequest, context: Context) -> principals.AddPrincipalResponse:
        self._admit(request, context)
        return principals.AddPrincipalResponse(principal=self.principal, unconfirmed=self.unconfirmed)

    def ListPrincipals(self, request: principals.ListPrincipalsRequest, context: Context) -> principals.ListPrincipalsResponse:
        self._admit(request, context)
        more = "" if request.page_token else "more"
        return principals.ListPrincipalsResponse(principals=[self.principal], next_page_token=more)

    def RevokePrincipals(
        self, request: principals.RevokePrincipalsRequest, context: Context
    ) -> principals.RevokePrincipalsResponse:
        self._admit(request, context)
        return principals.RevokePrincipalsResponse(revoked=[self.principal], unconfirmed=self.unconfirmed)

    def ExportRecording(
        self, request: recordings.ExportRecordingRequest, context: Context
    ) -> Iterator[recordings.ExportRecordingResponse]:
        self._admit(request, context)
        yield recordings.ExportRecordingResponse(entry=self.entry)

    def ImportRecording(
        self, request_iterator: Iterator[recordings.ImportRecordingRequest], context: Context
    ) -> recordings.ImportRecordingResponse:
        parts = list(request_iterator)
        self._admit(parts, context)
        return recordings.ImportRecordingResponse(entries=len(parts) - 1)

    def DeleteRecording(
        self, request: recordings.DeleteRecordingRequest, context: Context
    ) -> recordings.DeleteRecordingResponse:
        self._admit(request, context)
        return recordings.DeleteRecordingResponse()

    def ListTools(self, request: catalog.ListToolsRequest, context: Context) -> catalog.ListToolsResponse:
        self._admit(request, context)
        return catalog.ListToolsResponse(tools=self.tools)

    def SearchTools(self, request: catalog.SearchToolsRequest, context: Context) -> catalog.SearchToolsResponse:
        self._admit(request, context)
        return catalog.SearchToolsResponse(tools=[catalog.FoundTool(tool=one, score=2.5) for one in self.tools])

    def GetTool(self, request: catalog.GetToolRequest, context: Context) -> catalog.GetToolResponse:
        self._admit(request, context)
        return catalog.GetToolResponse(tool=self.tool)

    def ListVersions(self, request: catalog.ListVersionsRequest, context: Context) -> catalog.ListVersionsResponse:
        self._admit(request, context)
        return catalog.ListVersionsResponse(tools=[] if self.lists_nothing else self.versions)

    def SetVersionState(self, request: catalog.SetVersionStateRequest, context: Context) -> catalog.SetVersionStateResponse:
        self._admit(request, context)
        moved = catalog.VersionStatus(version="2.0.0", state=request.state, reason=request.reason)
        return catalog.SetVersionStateResponse(moved=[moved])

    def SetPublication(self, request: catalog.SetPublicationRequest, context: Context) -> catalog.SetPublicationResponse:
        self._admit(request, context)
        return catalog.SetPublicationResponse(changed=True)

    def ListPublications(self, request: catalog.ListPublicationsRequest, context: Context) -> catalog.ListPublicationsResponse:
        self._admit(request, context)
        publication = catalog.Publication(owner="acme", toolset="orders", tenant="globex")
        at = Timestamp(seconds=1_700_000_000)
        one = catalog.PublicationStatus(publication=publication, agent="cli", subject="kim", publish_time=at)
        return catalog.ListPublicationsResponse(publications=[] if self.lists_nothing else [one])

    def ImportToolset(
        self, request_iterator: Iterator[catalog.ImportToolsetRequest], context: Context
    ) -> Iterator[catalog.ImportToolsetResponse]:
        self._admit(list(request_iterator), context)
        for told in self.progress:
            yield catalog.ImportToolsetResponse(progress=told)
        yield catalog.ImportToolsetResponse(report=self.report)

    def refuse_with(self, detail: error_pb2.ErrorDetail) -> None:
        self.refusal = (grpc.StatusCode.INVALID_ARGUMENT, detail)

    def _admit(self, request: object, context: Context) -> None:
        self.requests.append(request)
        if self.refusal:
            code, detail = self.refusal
            context.set_trailing_metadata((("callgate-error-bin", detail.SerializeToString()),))
            context.abort(code, detail.message)


@dataclass
class Running:
    gateway: Gateway
    address: str
    stop: Callable[[], object]


class Callgate(Protocol):
    """Runs `callgate` with these words, in a terminal that is wide enough that no line is folded, or as wide as is said.

    None columns: into a pipe.
    """

    def __call__(self, *words: str, stdin: str | bytes | None = None, columns: int | None = 240) -> Result: ...


@pytest.fixture
def running() -> Iterator[Running]:
    gateway = Gateway()
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    invocation_service_pb2_grpc.add_InvocationServiceServicer_to_server(gateway, server)
    catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server(gateway, server)
    review_service_pb2_grpc.add_ReviewServiceServicer_to_server(gateway, server)
    host_service_pb2_grpc.add_HostServiceServicer_to_server(gateway, server)
    principal_service_pb2_grpc.add_PrincipalServiceServicer_to_server(gateway, server)
    recording_service_pb2_grpc.add_RecordingServiceServicer_to_server(gateway, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield Running(gateway, f"127.0.0.1:{port}", lambda: server.stop(None).wait(10))
    server.stop(None).wait(10)


@pytest.fixture
def gateway(running: Running) -> Gateway:
    return running.gateway


@pytest.fixture
def callgate(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Callgate:
    environ = {"CALLGATE_ADDRESS": running.address, "CALLGATE_TOKEN": "a-token", "CALLGATE_TOKEN_FILE": ""}
    environ["CALLGATE_HOME"] = str(tmp_path_factory.mktemp("home"))  # where no stack ever ran

    def run(*words: str, stdin: str | bytes | None = None, columns: int | None = 240) -> Result:
        width = None if columns is None else str(columns)
        return CliRunner().invoke(build(), words, env={**environ, "COLUMNS": width}, input=stdin)

    return run
