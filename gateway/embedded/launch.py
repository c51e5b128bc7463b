"""Two ways to run a gateway: with this Python, or from a Docker image."""

import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.embedded.errors import PartMissing
from gateway.embedded.state_dir import StateDir

_PASSED_ON = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Launch:
    """What to execute. `sweep` removes what an earlier one may have left behind."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    orphan_signal: signal.Signals = signal.SIGKILL
    sweep: tuple[str, ...] = ()


def from_python(settings: Mapping[str, str]) -> Launch:
    """`settings` are the gateway's CALLGATE_* variables; of ours it gets no others."""
    # -P keeps a directory named `gateway` in the operator's working directory out of it.
    return Launch((sys.executable, "-P", "-m", "gateway"), {**_passed_on(), **settings})


def from_image(settings: Mapping[str, str], image: str, state: StateDir) -> Launch:
    """Run as root in the host's network: its servers are on loopback, and the boxes' sockets belong to the boxes' own users.

    Raises PartMissing without a docker program.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise PartMissing(
            "a gateway from an image needs the docker program", cure="Install it, for example `apt-get install docker.io`."
        )
    # The container has one name for each home, so that the next start finds what a killed one has left.
    name = f"callgate-gateway-{hashlib.sha256(str(state.home).encode()).hexdigest()[:8]}"
    read_only = [path for key, path in settings.items() if key.endswith("_FILE")]
    writable = [settings[f"CALLGATE_{name}"] for name in ("RUN_DIR", "STATE_DIR", "DOCKER_SOCKET")]
    volumes = [f"--volume={path}:{path}:ro" for path in read_only] + [f"--volume={path}:{path}" for path in writable]
    variables = [f"--env={key}={value}" for key, value in ({**settings, **_telemetry()}).items()]
    command = (docker, "run", "--rm", f"--name={name}", "--network=host", "--user=0:0", *volumes, *variables, image)
    # Its client hands a SIGTERM on to the container; killed, it would leave the container running.
    return Launch(command, _passed_on(), signal.SIGTERM, (docker, "rm", "--force", name))


def _passed_on() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _telemetry()


def _telemetry() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("OTEL_")}
