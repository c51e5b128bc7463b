"""What each RPC answers to whom: a table of every one that there is. A new RPC without a row fails."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pytest
from google.protobuf.message import Message
from grpc import StatusCode

from callgate import AsyncClient, Mode, Recording
from callgate.v1 import artifact_service_pb2 as artifacts
from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import connection_service_pb2 as connections
from callgate.v1 import host_service_pb2 as host
from callgate.v1 import invocation_service_pb2 as invocations
from callgate.v1 import principal_service_pb2 as principals
from callgate.v1 import recording_service_pb2 as recordings
from callgate.v1 import review_service_pb2 as reviews
from callgate.v1 import run_service_pb2 as runs
from gateway.model.principal import RIGHTS, Principal, rule_of
from tests.conftest import REPOSITORY
from tests.gateway.pipeline.upstreams import OpenShop
from tests.isolation.gateways import METHODS, Place, Served

OK, NOT_FOUND, DENIED = StatusCode.OK, StatusCode.NOT_FOUND, StatusCode.PERMISSION_DENIED
INVALID, UNKNOWN = StatusCode.INVALID_ARGUMENT, StatusCode.UNAUTHENTICATED

#: A file of one byte, message by message.
PUT: dict[str, Any] = {"header": {}, "chunk": b"a", "end": {"size": 1, "sha256": sha256(b"a").hexdigest()}}

#: What another tenant finds of a toolset that is not its own.
ELSEWHERES_TOOL = NOT_FOUND

OWNER = Principal("acme", "planner", "ada")
KEY = "a-key-of-sixteen-characters"
DOCUMENT = (REPOSITORY / "examples/orders/openapi.yaml").read_bytes()


@dataclass(frozen=True)
class Scene:
    """A call that has ended, with a record and a recording, and a file, of the owner's."""

    served: Served
    invocation: str
    upstream: str
    artifact: str


@dataclass(frozen=True)
class Row:
    """One RPC, and how it ends for: who made the call and has every right; an agent of another tenant, which calls and reviews
    there; another agent of the same tenant, which calls; and the owner's identity with a token that has no right."""

    request: Callable[[Scene], Message | list[Message]]
    owner: StatusCode
    other_tenant: StatusCode
    other_caller: StatusCode
    too_few_rights: StatusCode


TABLE = {
    "/callgate.v1.InvocationService/Invoke": Row(
        lambda _: invocations.InvokeRequest(tool="list_orders", args_json=b"{}", idempotency_key=KEY),
        OK, ELSEWHERES_TOOL, OK, DENIED,
    ),
    "/callgate.v1.InvocationService/PreviewInvocation": Row(
        lambda _: invocations.PreviewInvocationRequest(tool="list_orders", args_json=b"{}"), OK, ELSEWHERES_TOOL, OK, DENIED
    ),
    "/callgate.v1.InvocationService/GetInvocation": Row(
        lambda scene: invocations.GetInvocationRequest(id=scene.invocation), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.InvocationService/FindInvocation": Row(
        lambda _: invocations.FindInvocationRequest(idempotency_key=KEY), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.InvocationService/ListInvocations": Row(
        lambda _: invocations.ListInvocationsRequest(), OK, OK, OK, OK
    ),
    "/callgate.v1.InvocationService/WatchInvocation": Row(
        lambda scene: invocations.WatchInvocationRequest(id=scene.invocation), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.InvocationService/CancelInvocation": Row(
        lambda scene: invocations.CancelInvocationRequest(id=scene.invocation), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.InvocationService/GetExchange": Row(
        lambda scene: invocations.GetExchangeRequest(id=scene.invocation), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.InvocationService/EraseExchanges": Row(
        lambda _: invocations.EraseExchangesRequest(tenant="no such"), OK, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.CatalogService/ImportToolset": Row(
        lambda scene: [
            catalog.ImportToolsetRequest(header=catalog.ImportHeader(toolset="orders", server=scene.upstream)),
            catalog.ImportToolsetRequest(chunk=DOCUMENT),
        ],
        OK, DENIED, DENIED, DENIED,
    ),
    "/callgate.v1.CatalogService/ListTools": Row(lambda _: catalog.ListToolsRequest(), OK, OK, OK, OK),
    "/callgate.v1.CatalogService/SearchTools": Row(lambda _: catalog.SearchToolsRequest(query="orders"), OK, OK, OK, OK),
    "/callgate.v1.CatalogService/GetTool": Row(
        lambda _: catalog.GetToolRequest(tool="list_orders"), OK, ELSEWHERES_TOOL, OK, OK
    ),
    "/callgate.v1.CatalogService/ListVersions": Row(lambda _: catalog.ListVersionsRequest(), OK, OK, OK, OK),
    "/callgate.v1.CatalogService/SetVersionState": Row(
        lambda _: catalog.SetVersionStateRequest(tool="no_such@1.0.0", state="VERSION_STATE_DISABLED", reason="x"),
        NOT_FOUND, DENIED, DENIED, DENIED,
    ),
    "/callgate.v1.CatalogService/SetPublication": Row(
        lambda _: catalog.SetPublicationRequest(publication=catalog.Publication(toolset="no_such", tenant="globex")),
        NOT_FOUND, DENIED, DENIED, DENIED,
    ),
    "/callgate.v1.CatalogService/ListPublications": Row(
        lambda _: catalog.ListPublicationsRequest(), OK, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.ReviewService/ListReviews": Row(lambda _: reviews.ListReviewsRequest(), OK, OK, DENIED, DENIED),
    "/callgate.v1.ReviewService/GetReview": Row(
        lambda scene: reviews.GetReviewRequest(id=scene.invocation), NOT_FOUND, NOT_FOUND, DENIED, DENIED
    ),
    "/callgate.v1.ReviewService/ResolveReview": Row(
        lambda scene: reviews.ResolveReviewRequest(id=scene.invocation, retry={}, reason="x"),
        NOT_FOUND, NOT_FOUND, DENIED, DENIED,
    ),
    "/callgate.v1.RecordingService/ExportRecording": Row(
        lambda _: recordings.ExportRecordingRequest(name="suite"), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.RecordingService/ImportRecording": Row(
        lambda _: [recordings.ImportRecordingRequest(name="another")], OK, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.RecordingService/DeleteRecording": Row(
        lambda _: recordings.DeleteRecordingRequest(name="another"), OK, OK, OK, OK
    ),
    "/callgate.v1.ArtifactService/GetArtifact": Row(
        lambda scene: artifacts.GetArtifactRequest(id=scene.artifact), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.ArtifactService/ReadArtifact": Row(
        lambda scene: artifacts.ReadArtifactRequest(id=scene.artifact), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.ArtifactService/PutArtifact": Row(
        lambda _: [artifacts.PutArtifactRequest(**{part: said}) for part, said in PUT.items()], OK, OK, OK, DENIED
    ),
    "/callgate.v1.ArtifactService/ListArtifacts": Row(lambda _: artifacts.ListArtifactsRequest(), OK, OK, OK, OK),
    "/callgate.v1.ArtifactService/DeleteArtifact": Row(
        lambda scene: artifacts.DeleteArtifactRequest(id=scene.artifact[:-1]), NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND
    ),
    "/callgate.v1.HostService/ListHosts": Row(lambda _: host.ListHostsRequest(), OK, DENIED, DENIED, DENIED),
    "/callgate.v1.HostService/DeclareHostLost": Row(
        lambda _: host.DeclareHostLostRequest(id="no-such", reason="x"), NOT_FOUND, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.PrincipalService/GetCaller": Row(lambda _: principals.GetCallerRequest(), OK, OK, OK, OK),
    "/callgate.v1.PrincipalService/AddPrincipal": Row(
        lambda _: principals.AddPrincipalRequest(token_sha256="none"), INVALID, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.PrincipalService/ListPrincipals": Row(
        lambda _: principals.ListPrincipalsRequest(), OK, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.PrincipalService/RevokePrincipals": Row(
        lambda _: principals.RevokePrincipalsRequest(id="0" * 64), NOT_FOUND, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.RunService/StartRun": Row(lambda _: runs.StartRunRequest(run_id="another"), OK, OK, OK, DENIED),
    "/callgate.v1.RunService/GetRun": Row(
        lambda _: runs.GetRunRequest(run_id="thread", agent="planner", subject="ada"), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.RunService/ListRuns": Row(lambda _: runs.ListRunsRequest(), OK, OK, OK, OK),
    "/callgate.v1.RunService/SaveRunState": Row(
        lambda _: runs.SaveRunStateRequest(run_id="thread", state=b"x"), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.RunService/EndRun": Row(
        lambda _: runs.EndRunRequest(run_id="thread", status="RUN_STATUS_SUCCEEDED"), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.RunService/KillRun": Row(
        lambda _: runs.KillRunRequest(run_id="thread", agent="planner", subject="ada", reason="x"), OK, NOT_FOUND, NOT_FOUND, OK
    ),
    "/callgate.v1.ConnectionService/BeginConnection": Row(
        lambda _: connections.BeginConnectionRequest(
            toolset="orders", redirect_uri="http://127.0.0.1:1/", state="s" * 16, code_challenge="c" * 43
        ),
        INVALID, DENIED, DENIED, DENIED,
    ),
    "/callgate.v1.ConnectionService/CompleteConnection": Row(
        lambda _: connections.CompleteConnectionRequest(
            toolset="orders", redirect_uri="http://127.0.0.1:1/", code="x", code_verifier="c" * 43
        ),
        INVALID, DENIED, DENIED, DENIED,
    ),
    "/callgate.v1.ConnectionService/BeginDeviceConnection": Row(
        lambda _: connections.BeginDeviceConnectionRequest(toolset="orders"), INVALID, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.ConnectionService/PollDeviceConnection": Row(
        lambda _: connections.PollDeviceConnectionRequest(toolset="orders", flow="x"), INVALID, DENIED, DENIED, DENIED
    ),
    "/callgate.v1.ConnectionService/ListConnections": Row(lambda _: connections.ListConnectionsRequest(), OK, OK, OK, OK),
    "/callgate.v1.ConnectionService/Disconnect": Row(
        lambda _: connections.DisconnectRequest(toolset="orders"), INVALID, DENIED, DENIED, DENIED
    ),
}  # fmt: skip


@pytest.fixture
async def scene(place: Place, shop: OpenShop) -> AsyncIterator[Scene]:
    place.let_in("owner", OWNER, rule_of(("*",), frozenset(RIGHTS)))
    place.let_in("other tenant", Principal("globex", "planner", "ada"), rule_of(("*",), frozenset({"review"})))
    place.let_in("other caller", Principal("acme", "another", "bob"), rule_of(("*",), frozenset()))
    place.let_in("too few rights", OWNER, rule_of((), frozenset()))
    async with place.gateway() as served, AsyncClient(served.address, token="owner") as owner:
        manifest = b'{"toolset": "orders", "defaults": {"keep": {"arguments": true}}}'
        await owner.toolsets.import_openapi(DOCUMENT, "orders", server=shop.address, manifest=manifest)
        async with AsyncClient(served.address, token="owner", recording=Recording("suite", Mode.RECORD)) as recorded:
            made = await recorded.call("list_orders", {}, key=KEY)
        await owner.runs.start("thread")
        stored = await owner.artifacts.put(b"a file")
        yield Scene(served, made.id, shop.address, stored.id)


def test_every_rpc_has_a_row() -> None:
    assert set(TABLE) == set(METHODS)


@pytest.mark.parametrize("path", TABLE)
async def test_each_rpc_answers_each_caller_as_the_table_says(scene: Scene, path: str) -> None:
    row, served = TABLE[path], scene.served
    revoked = await revoked_token(served)
    expected = {
        None: UNKNOWN,
        revoked: UNKNOWN,
        "other tenant": row.other_tenant,
        "other caller": row.other_caller,
        "too few rights": row.too_few_rights,
        "owner": row.owner,
    }
    assert {token: await served.ask(path, row.request(scene), token) for token in expected} == expected


async def revoked_token(served: Served) -> str:
    """A token that had every right."""
    async with AsyncClient(served.address, token="owner") as operator:
        added = await operator.principals.add("acme", "planner", "ada", tools=["*"], rights=RIGHTS)
        await operator.principals.revoke(id=added.principal.id)
    assert added.token is not None
    return added.token
