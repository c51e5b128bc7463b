"""A call that sends an artifact, over the fakes: which calls are refused where it is gone, and which are answered."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

import pytest

from gateway.model.artifact import StoredArtifact
from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.errors import ArtifactNotFound, InvocationNotFound
from gateway.pipeline.call import Answered, Mode
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.artifacts.directory import DirectoryObjects
from registry.model.tool import Body, Draft, JsonObject
from tests.gateway.pipeline.desk import KEY, CallOptions, Desk, OpenDesk, answer_of
from tests.gateway.pipeline.upstreams import OpenShop

ORDER = b'{"item": "hinge", "quantity": 2}'
OTHER_KEY = f"{KEY}-2"


def binary(draft: Draft) -> Draft:
    """An order as a file."""
    if draft.name != "create_order":
        return draft
    schema: JsonObject = {"type": "object", "properties": {"body": {"type": "string"}}, "required": ["body"]}
    operation = replace(draft.operation, body=Body("body", "application/octet-stream", required=True))
    return replace(draft, input_schema=schema, operation=operation)


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(DirectoryObjects(tmp_path / "artifacts"), ArtifactBounds())


@dataclass(frozen=True)
class Sending:
    """A desk that has the store, and what its calls send."""

    desk: Desk
    artifacts: Artifacts

    async def put(self, content: bytes = ORDER) -> StoredArtifact:
        writer = await self.artifacts.begin(self.desk.principal, "application/json")
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
