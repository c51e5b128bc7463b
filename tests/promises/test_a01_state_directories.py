"""A failover that loses a call, where what only the state directory tells of it was shared, cut short, or copied.

In each story a gateway lets a call go, the upstream acts, and the store's primary dies with the record. The call must not act a
second time, wherever its key is asked of.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import Random
from secrets import token_hex

import docker
import pytest

from benchmarks.faults.arena import Site, arena
from benchmarks.faults.calls import CREATE
from benchmarks.faults.gateways import GatewayUnderTest
from callgate.outcomes import Succeeded
from sandbox.api.errors import HostCopied
from tests.conftest import ENGINE_SOCKET, Until
from tests.promises.disks import filled, small_disk
from tests.promises.test_a01_lineage import ANSWERED_WITHIN, Story

pytestmark = [pytest.mark.docker, pytest.mark.slow]

#: Seconds until the upstream answers: the call's gateway is dead by then.
LINGER = 2.0

#: Begins the story of two gateways, whose state directories are these, or their own.
Begin = Callable[..., AbstractAsyncContextManager[Story]]


@pytest.fixture
def begin(dockerd: docker.APIClient, until: Until) -> Begin:
    assert dockerd.ping()

    @asynccontextmanager
    async def begin(*state_dirs: Path | None) -> AsyncIterator[Story]:
        site = Site(in_boxes=False, engine=Path(ENGINE_SOCKET), state_dirs=state_dirs or (None, None))
        async with arena(Random(1), site) as place:
            place.upstream.trouble(0)
            place.upstream.linger(LINGER)
            yield Story(place, until)

    return begin


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk("512k") as disk:
        yield disk


async def killed(gateway: GatewayUnderTest) -> None:
    gateway.kill()
    while gateway.process.pid is not None:
        await asyncio.sleep(0.01)


async def served(gateway: GatewayUnderTest, story: Story) -> bool:
    """Whether the gateway lets one more call go."""
    charge = token_hex(4)
    answer = await story.call(gateway, CREATE, charge, f"key-of-the-call-{charge}", 15.0)
    return answer is not None and isinstance(answer.outcome, Succeeded)


async def test_a_call_acts_once_where_the_heir_of_its_gateway_has_shown_before(begin: Begin, tmp_path: Path) -> None:
    async with begin(tmp_path, tmp_path) as story:
        story.a, story.b = story.b, story.a  # the first folder is of the gateway that lives
        await story.lose(a_dies=True)
        assert await story.ask([story.b], 3.0) is None
        await killed(story.b)
        await story.b.revive()
        await story.ask([story.b], ANSWERED_WITHIN)
        assert story.effects() == 1
        await story.bring_a_back()
        await story.assert_resumed()
        await story.assert_true_and_once()


async def test_a_call_acts_once_where_its_gateways_disk_was_full_for_a_moment(begin: Begin, disk: Path) -> None:
    async with begin(disk, None) as story:
        assert await served(story.a, story)
        with filled(disk):
            while await served(story.a, story):
                pass
        await story.lose(a_dies=True)
        assert await story.ask([story.b], 3.0) is None
        await story.bring_a_back()
        await story.assert_true_and_once()


async def test_a_call_acts_once_where_a_copy_of_its_gateway_followed_the_cure(begin: Begin) -> None:
    async with begin() as story:
        await killed(story.b)
        shutil.rmtree(story.b.state_dir)
        shutil.copytree(story.a.state_dir, story.b.state_dir)
        named = re.search(r"delete (.*) in CALLGATE_STATE_DIR", HostCopied.cure)
        assert named
        for name in re.findall(r"`([^`]+)`", named[1]):
            copied = story.b.state_dir / name
            shutil.rmtree(copied) if copied.is_dir() else copied.unlink(missing_ok=True)
        await story.b.revive()
        await story.lose()
        assert await story.ask([story.b], 3.0) is None
        await story.bring_a_back()
        await story.assert_resumed()
        await story.assert_true_and_once()
