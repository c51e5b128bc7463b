"""Which container engine a stack is for: Docker's own variable and Callgate's may name two."""

from collections.abc import Mapping
from pathlib import Path

from gateway.embedded.errors import SettingRefused

_SOCKET, _DOCKER_HOST, _UNIX = "CALLGATE_DOCKER_SOCKET", "DOCKER_HOST", "unix://"


def engine_socket(environ: Mapping[str, str], usual: Path) -> Path:
    """What CALLGATE_DOCKER_SOCKET names, else the usual one. Raises SettingRefused where DOCKER_HOST names another engine: to
    pass over it would start boxes, or an engine, where the operator does not look for them."""
    named, docker_host = environ.get(_SOCKET), environ.get(_DOCKER_HOST)
    if named or not docker_host:
        return Path(named or usual).absolute()
    if not docker_host.startswith(_UNIX):
        raise SettingRefused(
            f"{_DOCKER_HOST} names an engine that is not reached by a socket of this machine: {docker_host}",
            cure=f"Boxes need an engine on this machine: unset {_DOCKER_HOST}, or say which one by {_SOCKET}={usual}.",
        )
    other = Path(docker_host.removeprefix(_UNIX))
    if other.resolve() != usual.resolve():
        raise SettingRefused(
            f"{_DOCKER_HOST} names the engine on {other}, and {_SOCKET} is not set, for which {usual} counts",
            cure=f"Say which engine is meant: {_SOCKET}={other} or {_SOCKET}={usual}.",
        )
    return usual.absolute()
