"""The image of the runner's boxes: the runner, the certificate authorities that upstreams are checked with, nothing else."""

import asyncio
import hashlib
import io
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from sandbox.api.errors import SandboxError
from sandbox.api.host_authorities import host_authorities
from sandbox.engine.protocol import Engine

log = structlog.get_logger()

RUNNER = Path(__file__).parents[1] / "runner" / "callgate-runner"

#: Of a checkout. A package does not have it.
INSTALLER = Path(__file__).parents[2] / "scripts" / "install"

_DOCKERFILE = b"""\
FROM scratch
COPY callgate-runner /callgate-runner
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
WORKDIR /
ENTRYPOINT ["/callgate-runner"]
"""


@dataclass(frozen=True, slots=True)
class RunnerImage:
    """The image, named by its content: the same parts give the same name on every host."""

    name: str
    context: bytes


def runner_image(authorities: Path | None = None, runner: Path = RUNNER) -> RunnerImage:
    """Put the image's parts together. `authorities` is a PEM bundle; without it, the bundle that this host trusts is used.

    Raises SandboxError where a part is missing.
    """
    parts = {
        "Dockerfile": _DOCKERFILE,
        "callgate-runner": _read(runner, _cure_without_runner()),
        "ca-certificates.crt": _read(authorities or host_authorities(), "Install ca-certificates, or name a PEM bundle."),
    }
    digest = hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in parts.values())).hexdigest()
    return RunnerImage(f"callgate-runner:{digest[:12]}", _archive(parts))


class KeptImage:
    """The runner's image on one engine: made where the engine has none, as often as an operator removes it.

    It stays in memory, so that what is made again is the same image, whatever became of its parts on the disk meanwhile.
    """

    def __init__(self, engine: Engine, image: RunnerImage) -> None:
        self._engine = engine
        self._image = image
        self._making = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._image.name

    async def ensure(self) -> None:
        """Build the image unless the engine has it. Of those who ask at one time, one builds. Raises EngineUnavailable."""
        async with self._making:
            if await self._engine.ensure_image(self._image.name, self._image.context):
                log.info("runner_image_made", image=self._image.name)


async def ensure_runner_image(engine: Engine, authorities: Path | None = None) -> KeptImage:
    """Build the image unless the engine has it. Raises SandboxError, EngineUnavailable."""
    image = KeptImage(engine, runner_image(authorities))
    await image.ensure()
    return image


def place_tools(directory: Path, authorities: Path | None = None, runner: Path = RUNNER, *, beside: str = "") -> None:
    """Copy the image's parts to where the engine can mount them, for boxes of other images. Raises OSError.

    The engine's host may not have the directory in which this program is installed, hence a copy. A part that is gone is put
    back, also for the boxes that have the directory mounted. Each appears whole, or not at all. `beside`: the operator's own
    authorities (PEM), which are put behind the bundle, and follow it where they change.
    """
    directory.mkdir(mode=0o755, exist_ok=True)
    path = directory / "callgate-runner"
    if not path.exists():
        _put(path, runner.read_bytes(), 0o555)
    _put_bundle(directory / "ca-certificates.crt", authorities or host_authorities(), _BESIDE + beside.encode())


def place_texts(directory: Path, texts: Mapping[str, bytes]) -> None:
    """The same for texts, by their names. They may be started, as those that engines make may, and are no programs."""
    directory.mkdir(mode=0o755, exist_ok=True)
    for name, text in texts.items():
        if not (directory / name).exists():
            _put(directory / name, text, 0o555)


#: Divides a bundle from the operator's own authorities behind it. PEM lets text stand between certificates.
_BESIDE = b"\n# Beside the system's own:\n"


def _put_bundle(path: Path, source: Path, beside: bytes) -> None:
    there = path.read_bytes() if path.exists() else b""
    if not there.endswith(beside):
        _put(path, (there.partition(_BESIDE)[0] or source.read_bytes()) + beside, 0o444)


def _put(path: Path, content: bytes, mode: int) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent.parent, prefix="tools-", ignore_cleanup_errors=True) as scratch:
        draft = Path(scratch) / path.name
        draft.write_bytes(content)
        draft.chmod(mode)
        draft.replace(path)  # where another task was faster, one copy is as good as the other


def _read(path: Path, cure: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SandboxError(f"The runner's image needs {path}: {error.strerror}. {cure}") from error


def _cure_without_runner() -> str:
    """What compiles the runner: a package's build, or, in a checkout, a script."""
    if INSTALLER.is_file():
        return f"This is a checkout: run `{INSTALLER} .venv`, which compiles the runner."
    return "Install callgate-server again: its build compiles the runner."


def _archive(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o555 if name == "callgate-runner" else 0o444
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
