"""Two variables may name an engine: what one says is obeyed, or refused by its name, and never passed over."""

from pathlib import Path

import pytest

from gateway.embedded.engine_address import engine_socket
from gateway.embedded.errors import SettingRefused

USUAL = Path("/run/docker.sock")


@pytest.mark.parametrize(
    ("environ", "socket"),
    [
        ({}, USUAL),
        ({"DOCKER_HOST": ""}, USUAL),
        ({"DOCKER_HOST": "unix:///run/docker.sock"}, USUAL),
        ({"CALLGATE_DOCKER_SOCKET": "/own.sock"}, Path("/own.sock")),
        ({"CALLGATE_DOCKER_SOCKET": "/own.sock", "DOCKER_HOST": "unix:///other.sock"}, Path("/own.sock")),
        ({"CALLGATE_DOCKER_SOCKET": "/run/docker.sock", "DOCKER_HOST": "tcp://10.0.0.1:2375"}, USUAL),
    ],
)
def test_callgates_own_variable_counts_first(environ: dict[str, str], socket: Path) -> None:
    assert engine_socket(environ, USUAL) == socket


@pytest.mark.parametrize(
    ("docker_host", "cure"),
    [
        ("unix:///run/user/1000/docker.sock", "CALLGATE_DOCKER_SOCKET=/run/user/1000/docker.sock or"),
        ("tcp://10.0.0.1:2375", "unset DOCKER_HOST"),
        ("ssh://build", "unset DOCKER_HOST"),
    ],
)
def test_another_engine_of_dockers_variable_is_refused(docker_host: str, cure: str) -> None:
    with pytest.raises(SettingRefused, match="DOCKER_HOST") as refused:
        engine_socket({"DOCKER_HOST": docker_host}, USUAL)
    assert cure in refused.value.cure
