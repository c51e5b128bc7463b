"""A10. Wrong cures: full memory, a missing permission, MOVED and a wrong password all said "Start Redis", and an overloaded
gateway blamed Redis.

Here a gateway's own process is started against each Redis that is in trouble from the start, and `callgate doctor` is asked;
where trouble comes later, a step of the ledger is refused, and the caller is told as the gateway's edge tells it.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from grpc import StatusCode

from callgate.v1 import error_pb2 as pb
from gateway.edge.grpc.status import describe
from gateway.model.errors import StoreUnavailable
from gateway.model.redis_settings import RedisSettings
from tests.gateway.records.lives import claimed
from tests.gateway.records.stores import at
from tests.gateway.records.troubles import (
    Made,
    busy_gateway,
    full_memory,
    no_such_command,
    node_of_a_cluster,
    silence,
    user,
    wrong_password,
)

Make = Callable[[Path, str], Made]


def environment(settings: RedisSettings, home: Path) -> dict[str, str]:
    """Of a gateway that is told of this Redis, and of nothing else that is there."""
    for name in ("role-id", "secret-id"):
        (home / name).write_text("x")
    (home / "principals.json").write_text("{}")
    given = {
        "REDIS_URL": settings.url,
        "REDIS_USER": settings.user,
        "REDIS_PASSWORD_FILE": settings.password_file,
        "PRINCIPALS_FILE": home / "principals.json",
        "VAULT_ROLE_ID_FILE": home / "role-id",
        "VAULT_SECRET_ID_FILE": home / "secret-id",
        "VAULT_ADDRESS": "https://127.0.0.1:1",
        "LISTEN": "127.0.0.1:1",
        "RUN_DIR": home,
        "DOCKER_SOCKET": home / "no.sock",
    }
    return {f"CALLGATE_{name}": str(value) for name, value in given.items() if value is not None}


def without_config(home: Path, kind: str) -> Made:
    return user(home, kind, "~cg:*", "+@all", "-config")


async def run(module: str, *words: str, environ: dict[str, str]) -> tuple[int | None, str]:
    """Exit status and output of a command of ours."""
    code = f"import sys; from {module} import main; sys.exit(main())"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        *words,
        env={**os.environ, "COLUMNS": "400", "CALLGATE_HOME": environ["CALLGATE_RUN_DIR"], **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    return process.returncode, output.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "cure"),
    [(wrong_password, "CALLGATE_REDIS_PASSWORD_FILE"), (without_config, "+config|get"), (full_memory, "maxmemory")],
    ids=["wrong password", "no CONFIG", "full memory"],
)
async def test_a_gateway_that_cannot_start_says_what_is_wrong_and_so_does_the_doctor(
    make: Make, cure: str, tmp_path: Path
) -> None:
    async with make(tmp_path, "valkey") as settings:
        environ = environment(settings, tmp_path)
        told = await asyncio.gather(run("gateway.__main__", environ=environ), run("gateway.cli", "doctor", environ=environ))
    for status, output in told:
        assert status == 1, output
        assert cure in output
        assert "Start Redis" not in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "cure", "code"),
    [
        (full_memory, "maxmemory", StatusCode.UNAVAILABLE),
        (no_such_command, "ACL SETUSER", StatusCode.FAILED_PRECONDITION),
        (node_of_a_cluster, "every slot", StatusCode.FAILED_PRECONDITION),
        (silence, "load, disk, network", StatusCode.UNAVAILABLE),
        (busy_gateway, "more processor", StatusCode.RESOURCE_EXHAUSTED),
    ],
    ids=["full memory", "missing permission", "MOVED", "silence", "overloaded gateway"],
)
async def test_a_caller_is_told_what_keeps_redis_from_its_call(make: Make, cure: str, code: StatusCode, tmp_path: Path) -> None:
    async with make(tmp_path, "valkey") as settings, at(settings) as store:
        with pytest.raises(StoreUnavailable) as refused:
            await claimed(store, "inv_1")
    told = describe(refused.value)
    assert told is not None
    status, detail = told
    overloaded = status is StatusCode.RESOURCE_EXHAUSTED
    assert status is code
    assert cure in detail.cure
    assert "Start Redis" not in detail.cure
    assert detail.reason == (pb.ERROR_REASON_GATEWAY_OVERLOADED if overloaded else pb.ERROR_REASON_STORE_UNAVAILABLE)
    assert detail.retryable == (code is not StatusCode.FAILED_PRECONDITION)
