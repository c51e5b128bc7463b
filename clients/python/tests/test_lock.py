"""A lock file: what it says, whether the gateway has it, and that a client calls nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callgate import AsyncClient, Client, DeprecatedTool, Lock, RetryPolicy, errors
from callgate.testing import FakeGateway
from callgate.testing.recorded_tools import RecordedTool
from callgate.types import Effect


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def create_order(item: str) -> str:
            return item

        @gateway.tool
        def ship(id: int) -> int:
            return id

        yield gateway


@pytest.fixture
def file(gateway: FakeGateway, tmp_path: Path) -> Path:
    """It locks `create_order`."""
    made = tmp_path / "callgate.lock"
    with gateway.client() as client:
        made.write_bytes(Lock.of([client.tools.get("create_order")]).dump())
    return made


def promoted(gateway: FakeGateway, **parts: Any) -> None:
    """The operator has another `create_order`; the one of before is there no more."""
    told = {"name": "create_order", "version": "1.1.0", "digest": "sha256:1", "toolset": "fake", "told": {}} | parts
    gateway._tools.add(
        RecordedTool(function=lambda **_: "new", input_schema={"type": "object"}, effect=Effect.NON_IDEMPOTENT, **told)
    )


def test_what_is_written_is_read_back_equal(file: Path) -> None:
    lock = Lock.read(file)
    assert Lock.load(lock.dump(), str(file)) == lock
    assert json.loads(file.read_text())["tools"]["create_order"]["version"] == "1.0.0"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"nonsense", "is no lock file"),
        (b"[]", "is no lock file"),
        (b'{"callgate_lock": 2}', "is of version 2, not 1"),
        (b"", "it is empty"),
        (b'{"callgate_lock": 1, "tools": {"pay"', r"it is not JSON, or not the whole of it \(line 1"),
        (b'{\n<<<<<<< HEAD\n "callgate_lock": 1', "the marks of a merge"),
        (b"\xff", "it is not UTF-8"),
        (b'{"callgate_lock": true, "tools": {}}', "is of version true, not 1"),
        (b'{"callgate_lock": 1}', "its part 'tools' is missing"),
        (b'{"callgate_lock": 1, "tools": []}', "is of another kind"),
        (b'{"callgate_lock": 1, "tools": {"pay": 7}}', "is of another kind"),
        (b'{"callgate_lock": 1, "tools": {"pay": {"version": "1.0.0"}}}', "pay has no digest"),
        (
            b'{"callgate_lock": 1, "tools": {"pay": {"version": 1, "digest": ""}}}',
            'the version of pay must be as "1.0.0", not 1',
        ),
        (
            b'{"callgate_lock": 1, "tools": {"pay": {"version": "1.x", "digest": "sha256:1"}}}',
            "callgate.lock .* version of pay",
        ),
        (b'{"callgate_lock": 1, "tools": {"pay": {"version": "1.0.01", "digest": "sha256:1"}}}', "version of pay"),
        (
            b'{"callgate_lock": 1, "tools": {"pay": {"version": "1.0.0", "digest": 7}}}',
            "the digest of pay must be a text, not 7",
        ),
        (
            b'{"callgate_lock": 1, "tools": {"a pay": {"version": "1.0.0", "digest": "s"}}}',
            "callgate.lock .*'a pay' is no name",
        ),
        (b'{"callgate_lock": 1, "tools": {"pay": {}, "pay": {}}}', "it has 'pay' twice"),
    ],
)
def test_what_is_no_lock_file_is_told_with_its_cure(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "callgate.lock").write_bytes(content)
    with pytest.raises(errors.LockInvalid, match=told) as refused:
        Client(lock=tmp_path / "callgate.lock")
    assert refused.value.cure
    assert "Error(" not in refused.value.message
    with pytest.raises(errors.LockInvalid, match="No such file"):
        Client.from_environment({"CALLGATE_TOKEN": "t", "CALLGATE_LOCK": str(tmp_path / "absent")})
    with pytest.raises(errors.RequestInvalid):
        Client(lock=7)  # type: ignore[arg-type]


def test_a_locked_client_names_the_locked_version(gateway: FakeGateway, file: Path) -> None:
    with Client.from_environment(gateway.environment, lock=file) as client:
        assert client.call("create_order", {"item": "tea"}).json() == "tea"
        assert client.run("thread-7").call("create_order", {"item": "tea"}, step=1).json() == "tea"
        assert client.call("create_order@1", {"item": "tea"}).json() == "tea"
    assert [call.reference for call in gateway.calls] == ["create_order@1.0.0"] * 3


async def test_the_environment_names_the_file_and_asyncio_has_it_likewise(gateway: FakeGateway, file: Path) -> None:
    async with AsyncClient.from_environment({**gateway.environment, "CALLGATE_LOCK": str(file)}) as client:
        assert (await client.call("create_order", {"item": "tea"})).json() == "tea"
        assert [one.name async for one in client.tools.list()] == ["create_order"]
        with pytest.raises(errors.ToolNotLocked):
            await client.call("ship", {"id": 7})
    assert [call.reference for call in gateway.calls] == ["create_order@1.0.0"]


@pytest.mark.parametrize("tool", ["ship", "create_order@2", "create_order@sha256:" + "0" * 64])
def test_what_is_not_locked_is_not_called(gateway: FakeGateway, file: Path, tool: str) -> None:
    with gateway.client(lock=file) as client:
        for ask in (lambda: client.call(tool, {}), lambda: client.tools.get(tool)):
            with pytest.raises(errors.ToolNotLocked) as refused:
                ask()
            assert refused.value.cure
    assert gateway.calls == []


def test_a_model_is_shown_the_locked_tools_alone(gateway: FakeGateway, file: Path) -> None:
    with gateway.client(lock=file) as client:
        assert [one.reference for one in client.tools.list()] == ["create_order@1.0.0"]
        assert [one.name for one in client.tools.names()] == ["create_order"]
        assert client.tools.get("create_order").version == "1.0.0"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({}, "create_order@1.0.0 is not there; create_order@1.1.0 is called now"),
        ({"version": "1.0.0"}, "create_order@1.0.0 has another digest: sha256:1"),
    ],
)
def test_a_gateway_that_has_another_version_is_told_when_the_client_starts(
    gateway: FakeGateway, file: Path, parts: dict[str, str], told: str
) -> None:
    promoted(gateway, **parts)
    with pytest.raises(errors.LockDiffers, match=told) as refused, gateway.client(lock=file):
        pass
    assert refused.value.differing == ("create_order",)
    assert "callgate lock" in refused.value.cure


def test_a_client_that_is_not_entered_is_told_with_each_call_and_makes_none(gateway: FakeGateway, file: Path) -> None:
    gateway._tools._by_name.pop("create_order")
    client = gateway.client(lock=file)
    for _ in range(2):
        with pytest.raises(errors.LockDiffers, match=r"create_order@1.0.0 is not there at all"):
            client.call("create_order", {"item": "tea"}, key="order 7")
    client.close()
    assert gateway.calls == []


def test_each_tool_that_differs_is_named(gateway: FakeGateway, tmp_path: Path) -> None:
    with gateway.client() as client:
        lock = Lock.of(client.tools.list())
    gateway._tools._by_name.clear()
    told = r"2 tools differ from callgate.lock: create_order.* ship"
    with pytest.raises(errors.LockDiffers, match=told) as refused, gateway.client(lock=lock):
        pass
    assert refused.value.differing == ("create_order", "ship")


def test_a_deprecated_tool_is_warned_of_and_called(gateway: FakeGateway, file: Path) -> None:
    digest = Lock.read(file).tools["create_order"].digest
    promoted(gateway, version="1.0.0", digest=digest, told={"deprecated": True})
    with pytest.warns(DeprecatedTool, match=r"callgate.lock: create_order@1.0.0 is deprecated by its API"):
        client = gateway.client(lock=file).__enter__()
    assert client.call("create_order", {}).json() == "new"
    client.close()


def test_a_gateway_that_does_not_answer_is_no_difference(file: Path) -> None:
    client = Client("127.0.0.1:1", token="none", lock=file, retry=RetryPolicy(patience=0))
    with pytest.raises(errors.GatewayUnavailable) as refused:
        client.call("create_order", {}, key="order 7", timeout=1)
    assert refused.value.idempotency_key == "order 7"
    client.close()
