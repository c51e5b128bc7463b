"""Whether calls are served: told as it is, at once for boxes, and for the store when it stays away."""

from collections.abc import Callable
from errno import ENOSPC

import pytest
from structlog.testing import capture_logs

from gateway.maintenance.readiness import STORE_LOOKS, Readiness
from gateway.model.errors import GatewayError, StoreUnavailable, StoreUntrusted, VaultUnavailable
from gateway.records.ledger.disk import cure_of_disk
from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, SandboxError


class Parts:
    """The parts that are looked at, as a test sets them, and what was told of them last."""

    def __init__(self) -> None:
        self.store: GatewayError | None = None
        self.boxes: SandboxError | None = None
        self.state: OSError | None = None
        self.told: tuple[bool, bool] | None = None
        self.login: GatewayError | None = None
        self.credentials = True
        self.readiness = Readiness(
            ask_store=self._ask,
            boxes=lambda: self.boxes,
            state=self._state_trouble,
            credentials=lambda: self.login,
            tell=self._tell,
        )

    async def _ask(self) -> None:
        if self.store is not None:
            raise self.store

    async def _state_trouble(self) -> OSError | None:
        return self.state

    async def _tell(self, *, records: bool, calls: bool, credentials: bool) -> None:
        self.told, self.credentials = (records, calls), credentials

    async def look(self, times: int = 1) -> tuple[bool, bool] | None:
        for _ in range(times):
            await self.readiness.look()
        return self.told


async def test_a_gateway_that_is_well_serves() -> None:
    assert await Parts().look() == (True, True)


async def test_a_gateway_without_boxes_says_so_at_once_and_why_and_when_it_is_over() -> None:
    parts = Parts()
    parts.boxes = EngineUnavailable("no space left on device", EngineTrouble.DISK_FULL)
    with capture_logs() as logs:
        assert await parts.look(3) == (True, False)
        parts.boxes = None
        assert await parts.look(2) == (True, True)
    assert [(line["event"], line["part"]) for line in logs] == [("not_serving", "boxes"), ("serving_again", "boxes")]
    assert (logs[0]["cause"], logs[0]["cure"]) == ("no space left on device", EngineTrouble.DISK_FULL.cure)


async def test_a_gateway_whose_state_directory_takes_nothing_lets_no_call_act_and_says_why() -> None:
    parts = Parts()
    parts.state = OSError(ENOSPC, "No space left on device")
    with capture_logs() as logs:
        assert await parts.look(2) == (True, False)
        parts.state = None
        assert await parts.look() == (True, True)
    assert [(line["event"], line["part"]) for line in logs] == [
        ("not_serving", "state directory"),
        ("serving_again", "state directory"),
    ]
    assert ("No space left" in logs[0]["cause"], logs[0]["cure"]) == (True, cure_of_disk(OSError(ENOSPC, "")))


async def test_a_gateway_that_cannot_log_in_to_vault_serves_calls_without_a_credential() -> None:
    parts = Parts()
    parts.login = VaultUnavailable("its secret_id has ended")
    assert (await parts.look(), parts.credentials) == ((True, True), False)
    parts.login = None
    assert (await parts.look(), parts.credentials) == ((True, True), True)


async def test_another_cause_of_the_same_silence_is_told_with_its_cure() -> None:
    """An engine that stops says so in several ways, and is then not there."""
    parts = Parts()
    with capture_logs() as logs:
        for message, trouble in (
            ("it stops", EngineTrouble.REFUSED),
            ("it stops, for 2 s now", EngineTrouble.REFUSED),
            ("nothing listens there", EngineTrouble.ABSENT),
        ):
            parts.boxes = EngineUnavailable(message, trouble)
            await parts.look(2)
    assert [line["cause"] for line in logs] == ["it stops", "nothing listens there"]
    assert logs[1]["cure"] == EngineTrouble.ABSENT.cure


@pytest.mark.parametrize("error", [StoreUnavailable, StoreUntrusted])
async def test_a_store_that_is_late_once_is_not_away(error: Callable[[str], GatewayError]) -> None:
    parts = Parts()
    parts.store = error("Redis did not do as asked")
    assert await parts.look(STORE_LOOKS - 1) == (True, True)
    assert await parts.look() == (False, True)
    parts.store = None
    assert await parts.look() == (True, True)
