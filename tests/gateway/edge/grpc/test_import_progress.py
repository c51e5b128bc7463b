"""An import over a real gRPC port tells how far it has come, and ends with the client that asked for it."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from callgate import AsyncClient, ImportProgress, errors
from tests.conftest import REPOSITORY
from tests.gateway.edge.grpc.serving import TOKEN, Serve

MUCH = b"openapi: 3.1.0\npaths: {}\nx:\n" + b"- {a: b}\n" * 200_000
SERVER = "https://api.example.com"


@pytest.fixture
def github(specs: Path) -> bytes:
    return next(specs.rglob("api.github.com.json")).read_bytes()


@pytest.mark.slow
async def test_progress_comes_while_a_large_document_of_others_is_read(operator: AsyncClient, github: bytes) -> None:
    told: list[ImportProgress] = []
    began = time.monotonic()
    report = await operator.toolsets.plan(github, "github", on_progress=told.append)
    assert len(told) <= 10 * (time.monotonic() - began) + 2
    assert len(report.tools) + len(report.faults) >= told[-1].total
    assert len(told) >= 3  # what is told in one go at the end arrives as one
    assert [one.done for one in told] == sorted({one.done for one in told})
    assert told[0].done < told[0].total
    assert (told[-1].done, {one.total for one in told}) == (told[-1].total, {told[-1].total})


async def test_faults_are_counted_and_the_report_comes_last(operator: AsyncClient) -> None:
    document = (REPOSITORY / "examples/orders/openapi.yaml").read_bytes()
    document = document.replace(b"paths:\n", b"paths:\n  /odd:\n    get: {parameters: [{$ref: '#/none'}]}\n")
    told: list[ImportProgress] = []
    report = await operator.toolsets.import_openapi(document, "orders", server=SERVER, on_progress=told.append)
    assert "/paths/~1odd/get/parameters/0" in [fault.pointer for fault in report.faults]
    assert told[-1] == ImportProgress(report.added, report.added, len(report.faults))
    with pytest.raises(errors.DocumentInvalid):
        await operator.toolsets.import_openapi(b"{", "orders", on_progress=told.append)


async def test_the_reading_process_ends_with_a_client_that_hangs_up(serve: Serve) -> None:
    served = await serve()
    async with AsyncClient(served.address, token=TOKEN) as operator:
        asked = asyncio.create_task(operator.toolsets.import_openapi(MUCH, "much", server=SERVER))
        await _until(lambda: bool(_readers()))
        (reader,) = _readers()
        os.kill(reader, signal.SIGSTOP)  # so that it cannot come to its own end
        asked.cancel()
        try:
            await _until(lambda: not _readers())
        finally:
            with suppress(ProcessLookupError):
                os.kill(reader, signal.SIGKILL)
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert [one async for one in operator.tools.list()] == []


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def _readers() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_reader_of_ours(entry)]


def _is_reader_of_ours(process: Path) -> bool:
    try:
        ours = f"PPid:\t{os.getpid()}\n" in (process / "status").read_text()
        return ours and b"registry.reader.worker" in (process / "cmdline").read_bytes()
    except OSError:
        return False
