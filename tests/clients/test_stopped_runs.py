"""Runs at a live gateway with boxes: one that is killed stops what it has under way, and a large state goes by an artifact."""

from dataclasses import replace
from uuid import uuid4

import pytest

from callgate import RunStatus, State, errors
from tests.e2e.hostile import Hostile
from tests.e2e.house import House, eventually


@pytest.mark.parametrize(("tool", "ends"), [("read_slowly", State.CANCELLED), ("write_slowly", State.UNKNOWN)])
def test_a_call_in_its_box_is_ended_with_its_run(house: House, hostile: Hostile, tool: str, ends: State) -> None:
    run = house.client.run(f"hanging-{uuid4()}")
    run.start()
    begun = run.call(tool, step=1, wait=0)
    eventually(lambda: hostile.requests, what="the request at the upstream")
    killed = house.client.runs.kill(run.id, "It hangs.")
    assert (killed.status, killed.reason) == (RunStatus.KILLED, "It hangs.")
    assert house.client.invocations.handle(begun.id).wait(timeout=20).state is ends
    with pytest.raises(errors.RunKilled):
        run.call(tool, step=2)
    assert run.find(tool, step=2) is None


def test_a_state_that_is_too_large_goes_by_an_artifact(house: House) -> None:
    run = house.client.run(f"large-{uuid4()}")
    run.start(b"plan")
    with pytest.raises(errors.RequestInvalid):
        run.save(b"x" * (2 << 20))
    stored = house.client.artifacts.put(b"x" * (2 << 20))
    run.save(stored)
    again = house.client.run(run.id)
    found = again.start(b"plan")
    assert (found.version, found.state, found.state_artifact) == (1, None, stored.id)
    assert b"".join(house.client.artifacts.read(found.state_artifact)) == b"x" * (2 << 20)
    with pytest.raises(errors.ArtifactNotFound):
        run.save(replace(stored, id=f"{stored.id[:-8]}{'0' * 8}"))
    run.end()
