"""Whether the kernel takes the paths of a stack's sockets. Before anything starts: what fails later names another cause."""

import os
from pathlib import Path

from gateway.embedded.errors import SettingRefused
from gateway.embedded.state_dir import StateDir
from gateway.operations.run_dir_checks import bytes_too_many
from sandbox.egress.box_sockets import LONGEST_PATH


def check_places(state: StateDir, docker_socket: Path) -> None:
    """Raises SettingRefused."""
    if (over := bytes_too_many(state.run)) > 0:
        raise SettingRefused(
            f"the path of the home, {state.home}, is {over} bytes too long: boxes' sockets lie in it, whose paths may have "
            f"{LONGEST_PATH} bytes",
            cure="Name a home with a shorter path, such as /var/lib/callgate, by --home or CALLGATE_HOME.",
        )
    if len(os.fsencode(docker_socket)) > LONGEST_PATH:
        raise SettingRefused(
            f"the path of the engine's socket, {docker_socket}, has more than {LONGEST_PATH} bytes",
            cure="Let CALLGATE_DOCKER_SOCKET name it by a shorter path, such as that of a symbolic link.",
        )
