"""Which user of the host boxes know as 0, by what engines say of themselves."""

from typing import Any

import pytest

from sandbox.engine.engine_users import first_user_of


@pytest.mark.parametrize(
    ("info", "first"),
    [
        ({}, 0),
        ({"SecurityOptions": None, "DockerRootDir": "/var/lib/docker"}, 0),
        ({"SecurityOptions": ["name=seccomp,profile=default"], "DockerRootDir": "/var/lib/100000.100000"}, 0),
        ({"SecurityOptions": ["name=userns"], "DockerRootDir": "/var/lib/docker/231072.231072"}, 231_072),
        ({"SecurityOptions": ["name=userns"], "DockerRootDir": "/var/lib/docker"}, 0),
    ],
)
def test_a_user_namespace_is_told_by_the_engines_options_and_its_directory(info: dict[str, Any], first: int) -> None:
    assert first_user_of(info) == first
