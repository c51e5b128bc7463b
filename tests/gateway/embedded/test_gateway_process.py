"""The gateway's process, with a stand-in that only tells its health: started until it serves, and again when it dies."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.embedded import gateway_process
from gateway.embedded.errors import PartFailed, PartMissing
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.launch import Launch, from_image, from_python
from gateway.embedded.state_dir import StateDir
from gateway.operations.health_checks import serving

STAND_IN = """
import asyncio, grpc, sys
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

async def run():
    server, servicer = grpc.aio.server(), health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(sys.argv[1])
    await server.start()
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    await server.wait_for_termination()

asyncio.run(run())
"""


def stand_in(address: str) -> Launch:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    return Launch((sys.executable, "-c", STAND_IN, address), environment)


@pytest.mark.parametrize(
    ("by", "told"), [(signal.SIGKILL, "ended with code -9"), (signal.SIGSTOP, "has not answered")], ids=["killed", "hung"]
)
async def test_a_gateway_that_was_killed_or_hangs_is_started_again_and_the_operator_is_told(
    tmp_path: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch, by: signal.Signals, told: str
) -> None:
    monkeypatch.setattr(gateway_process, "HUNG", 1.0)
    address, lines = f"127.0.0.1:{free_port()}", list[str]()
    back = asyncio.Event()

    def report(line: str) -> None:
        lines.append(line)
        if "answers again" in line:
            back.set()

    process = GatewayProcess(stand_in(address), address, tmp_path / "log")
    try:
        await process.start()
        first = process.pid
        assert first
        supervising = asyncio.create_task(process.supervise(report))
        os.kill(first, by)
        await asyncio.wait_for(back.wait(), 30)
        assert process.pid != first
        assert await serving(address)
        supervising.cancel()
    finally:
        await process.stop()
    assert not await serving(address)
    assert told in lines[0]


async def test_a_gateway_that_cannot_start_is_reported_with_its_log(tmp_path: Path, free_port: Callable[[], int]) -> None:
    launch = Launch((sys.executable, "-c", "import sys; sys.exit('CALLGATE_X is not a setting')"), {})
    process = GatewayProcess(launch, f"127.0.0.1:{free_port()}", tmp_path / "log")
    with pytest.raises(PartFailed, match="CALLGATE_X is not a setting"):
        await process.start()
    await process.stop()


async def test_a_port_where_a_gateway_serves_already_is_refused(tmp_path: Path, free_port: Callable[[], int]) -> None:
    address = f"127.0.0.1:{free_port()}"
    first = GatewayProcess(stand_in(address), address, tmp_path / "log")
    try:
        await first.start()
        with pytest.raises(PartFailed, match="another gateway answers"):
            await GatewayProcess(stand_in(address), address, tmp_path / "log").start()
    finally:
        await first.stop()


def test_the_gateway_gets_its_settings_and_none_of_the_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "canary")
    monkeypatch.setenv("CALLGATE_TOKEN", "canary")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    environment = from_python({"CALLGATE_LISTEN": "127.0.0.1:1"}).environment
    assert "canary" not in environment.values()
    assert environment["CALLGATE_LISTEN"] == "127.0.0.1:1"
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4317"


SETTINGS = {
    "CALLGATE_RUN_DIR": "/h/run",
    "CALLGATE_STATE_DIR": "/h/gateway",
    "CALLGATE_DOCKER_SOCKET": "/s.sock",
    "CALLGATE_VAULT_SECRET_ID_FILE": "/h/vault-secret-id",
}


def test_a_gateway_from_an_image_sees_its_own_files_and_not_the_operators(
    state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = tmp_path / "docker"
    docker.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    launch = from_image(SETTINGS, "callgate:dev", state)
    volumes = [argument for argument in launch.command if argument.startswith("--volume=")]
    assert volumes == [
        "--volume=/h/vault-secret-id:/h/vault-secret-id:ro",
        "--volume=/h/run:/h/run",
        "--volume=/h/gateway:/h/gateway",
        "--volume=/s.sock:/s.sock",
    ]
    assert launch.command[-1] == "callgate:dev"
    assert launch.sweep[-1] in {argument.removeprefix("--name=") for argument in launch.command}


def test_an_image_without_docker_is_refused_with_the_cure(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(PartMissing) as caught:
        from_image(SETTINGS, "callgate:dev", state)
    assert "docker.io" in caught.value.cure
