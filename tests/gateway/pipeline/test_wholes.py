"""What a view leaves out is kept beside the call, which does not depend on it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.invocation import Verdict
from gateway.records.artifacts.artifacts import Artifacts
from registry.model.shaping import View
from registry.model.tool import Draft
from tests.gateway.pipeline.desk import OpenDesk, answer_of, outcome_of
from tests.gateway.pipeline.test_large_answers import Slow, files
from tests.gateway.pipeline.upstreams import OpenShop

ORDER = {"body": {"item": "hinge", "quantity": 2}}


def cut(draft: Draft) -> Draft:
    return replace(draft, view=View(bytes=30))


async def test_a_store_that_hangs_costs_the_rest_and_not_the_answer(
    shop: OpenShop, open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pipeline.large_answers.WHOLE_WITHIN", 0.05)
    objects = Slow(tmp_path)
    desk = await open_desk(shop.address, draft=cut, artifacts=Artifacts(objects, ArtifactBounds()))
    called = (await asyncio.wait_for(desk.call("create_order", ORDER), 10)).invocation
    assert outcome_of(called).verdict is Verdict.SUCCEEDED
    answer = answer_of(called)
    assert answer.artifact is None
    assert answer.shown is not None
    assert "not kept" in answer.shown.message
    assert "do not call again" in answer.shown.message
    assert "Send the same request again" not in answer.shown.message
    assert (shop.requests, len(called.attempts)) == (1, 1)
    objects.told.set()
    await desk.obligations.drain(5.0)
    async with asyncio.timeout(5):
        while files(tmp_path):
            await asyncio.sleep(0.01)
