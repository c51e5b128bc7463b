"""A call that sends an artifact, over the fakes: which calls are refused where it is gone, and which are answered."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Unpack

import pytest

from gateway.decisions.policy import Rule
from gateway.model.artifact import StoredArtifact
from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.errors import ArtifactNotFound, ArtifactsUnavailable, InvocationNotFound
from gateway.model.invocation import InvocationState
from gateway.model.principal import Caller, Principal
from gateway.pipeline.artifact_access import ArtifactAccess
from gateway.pipeline.call import Answered, Mode
from gateway.pipeline.sent_artifacts import READS, sent_body
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.artifacts.directory import DirectoryObjects
from gateway.records.artifacts.protocol import PIECE
from registry.calling.artifact_names import Insertion
from registry.calling.request import HttpRequest
from registry.model.tool import Body, Draft, Effect, JsonObject
from sandbox.api.streams import StreamRefused
from tests.gateway.pipeline.desk import CALLER, KEY, CallOptions, Desk, OpenDesk, answer_of
from tests.gateway.pipeline.upstreams import OpenShop

ORDER = b'{"item": "hinge", "quantity": 2}'
COLLEAGUE = Principal("acme", "planner", "grace")
OTHER_KEY = f"{KEY}-2"


def binary(draft: Draft) -> Draft:
    """An order as a file."""
    if draft.name != "create_order":
        return draft
    schema: JsonObject = {"type": "object", "properties": {"body": {"type": "string"}}, "required": ["body"]}
    operation = replace(draft.operation, body=Body("body", "application/octet-stream", required=True))
    return replace(draft, input_schema=schema, operation=operation, effect=Effect.IDEMPOTENT)


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(DirectoryObjects(tmp_path / "artifacts"), ArtifactBounds())


@dataclass(frozen=True)
class Sending:
    """A desk that has the store, and what its calls send."""

    desk: Desk
    artifacts: Artifacts

    async def put(self, content: bytes = ORDER, owner: Principal = CALLER) -> StoredArtifact:
        writer = await self.artifacts.begin(owner, "application/json")
        await writer.write(content)
        return await writer.keep()

    async def call(self, sent: StoredArtifact, **options: Unpack[CallOptions]) -> Answered:
        return await self.desk.call("create_order", {"body": f"artifact:{sent.artifact.id}"}, **options)


@pytest.fixture
async def sending(shop: OpenShop, open_desk: OpenDesk, artifacts: Artifacts) -> Sending:
    desk = await open_desk(shop.address, draft=binary, artifacts=artifacts)
    return Sending(desk, artifacts)


async def test_the_same_key_gets_its_recorded_end_though_its_artifact_is_gone(sending: Sending, shop: OpenShop) -> None:
    sent = await sending.put()
    first = await sending.call(sent)
    await sending.artifacts.delete(sent)
    again = await sending.call(sent)
    assert (again.from_record, again.invocation) == (True, first.invocation)
    assert shop.requests == 1


async def test_a_recording_is_replayed_though_its_artifact_is_gone(sending: Sending, shop: OpenShop) -> None:
    sent = await sending.put()
    first = await sending.call(sent, mode=Mode.RECORD)
    await sending.artifacts.delete(sent)
    replayed = await sending.call(sent, key=OTHER_KEY, run_id="replaying", mode=Mode.REPLAY_STRICT)
    assert answer_of(replayed.invocation) == answer_of(first.invocation)
    assert shop.requests == 1


async def test_a_new_call_of_an_artifact_that_is_gone_is_refused_and_leaves_no_record(sending: Sending) -> None:
    sent = await sending.put()
    await sending.call(sent)
    await sending.artifacts.delete(sent)
    with pytest.raises(ArtifactNotFound):
        await sending.call(sent, key=OTHER_KEY)
    with pytest.raises(ArtifactNotFound):
        await sending.desk.call("create_order", {"body": f"artifact:art_ffffffff{'0' * 24}"})  # with the key of another call
    with pytest.raises(InvocationNotFound):
        await sending.desk.invoker.find(sending.desk.principal, OTHER_KEY)


async def test_a_call_that_its_gateway_has_lost_is_made_again_with_what_its_caller_was_allowed_to_send(
    sending: Sending, shop: OpenShop
) -> None:
    sent = await sending.put(owner=COLLEAGUE)
    id = await sending.desk.left_dispatched("create_order", {"body": f"artifact:{sent.artifact.id}"})
    await sending.desk.recovery.resume("acme", id)
    assert (await sending.desk.read(id)).state is InvocationState.SUCCEEDED
    assert shop.requests == 1


async def test_nothing_of_a_colleagues_is_sent_by_who_may_not_see_it(sending: Sending, shop: OpenShop) -> None:
    sent = await sending.put(owner=COLLEAGUE)
    with pytest.raises(ArtifactNotFound):
        await sending.call(sent)
    assert shop.requests == 0


class Counting(DirectoryObjects):
    """Counts what is looked up."""

    looked: ClassVar[list[str]] = []

    async def get(self, name: str) -> bytes | None:
        self.looked.append(name)
        return await super().get(name)


class Hanging(DirectoryObjects):
    async def get(self, name: str) -> bytes | None:
        await asyncio.Event().wait()
        return None


@dataclass(frozen=True, slots=True)
class Breaking(DirectoryObjects):
    """Breaks off after the first piece of each reading, so often."""

    breaks: list[int] = field(default_factory=list)

    async def read(self, name: str, offset: int = 0) -> AsyncIterator[bytes]:
        async for piece in DirectoryObjects.read(self, name, offset):
            yield piece
            if self.breaks:
                self.breaks.pop()
                raise ArtifactsUnavailable("the connection was reset")


def request(*ids: str) -> HttpRequest:
    return HttpRequest("POST", "http://shop.test/", (), b"", tuple(Insertion(0, id) for id in ids))


async def test_an_artifact_that_is_sent_many_times_is_looked_up_once(tmp_path: Path) -> None:
    artifacts = Artifacts(Counting(tmp_path), ArtifactBounds())
    caller = Caller(CALLER, Rule(("*",)))
    writer = await artifacts.begin(caller.principal, "a/b")
    await writer.write(b"1")
    stored = await writer.keep()
    body = await sent_body(ArtifactAccess(artifacts=artifacts), caller, request(*[stored.artifact.id] * 50))
    assert body is not None
    assert (body.size, len(Counting.looked)) == (50, 1)


async def test_a_store_that_does_not_answer_keeps_a_call_no_longer_than_its_time(tmp_path: Path) -> None:
    access = ArtifactAccess(artifacts=Artifacts(Hanging(tmp_path), ArtifactBounds()))
    caller = Caller(CALLER, Rule(("*",)))
    with pytest.raises(ArtifactsUnavailable):
        await asyncio.wait_for(sent_body(access, caller, request(f"art_ffffffff{'0' * 24}"), within=0.05), 5)


@pytest.mark.parametrize("breaks", [1, READS - 1, READS])
async def test_an_artifact_is_read_on_where_its_reading_breaks_and_not_without_end(tmp_path: Path, breaks: int) -> None:
    artifacts = Artifacts(Breaking(tmp_path, breaks=[0] * breaks), ArtifactBounds())
    caller, content = Caller(CALLER, Rule(("*",))), bytes(range(256)) * (5 * PIECE // 256)
    writer = await artifacts.begin(caller.principal, "a/b")
    await writer.write(content)
    stored = await writer.keep()
    body, read = await sent_body(ArtifactAccess(artifacts=artifacts), caller, request(stored.artifact.id)), bytearray()
    assert body is not None
    if breaks < READS:
        async for piece in body.pieces():
            read += piece
        assert read == content
        return
    with pytest.raises(StreamRefused):
        [piece async for piece in body.pieces()]
