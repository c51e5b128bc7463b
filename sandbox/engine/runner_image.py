"""The image of the runner's boxes: the runner, the certificate authorities that upstreams are checked with, nothing else."""

import hashlib
import io
import shutil
import ssl
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.api.errors import SandboxError
from sandbox.engine.protocol import Engine

RUNNER = Path(__file__).parents[1] / "runner" / "callgate-runner"

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
        "callgate-runner": _read(runner, "Install callgate-server again: its build compiles the runner."),
        "ca-certificates.crt": _read(authorities or _host_authorities(), "Install ca-certificates, or name a PEM bundle."),
    }
    digest = hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in parts.values())).hexdigest()
    return RunnerImage(f"callgate-runner:{digest[:12]}", _archive(parts))


async def ensure_runner_image(engine: Engine, authorities: Path | None = None) -> str:
    """Build the image unless the engine has it. Returns its name. Raises SandboxError, EngineUnavailable."""
    image = runner_image(authorities)
    await engine.ensure_image(image.name, image.context)
    return image.name


def place_tools(directory: Path, authorities: Path | None = None, runner: Path = RUNNER) -> None:
    """Copy the image's parts to where the engine can mount them, for boxes of other images. Raises OSError.

    The engine's host may not have the directory in which this program is installed, hence a copy. It appears whole, or not at
    all.
    """
    if directory.exists():
        return
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix="tools-", ignore_cleanup_errors=True) as scratch:
        place = Path(scratch) / "tools"
        place.mkdir(mode=0o755)
        _put(place / "callgate-runner", runner, 0o555)
        _put(place / "ca-certificates.crt", authorities or _host_authorities(), 0o444)
        try:
            place.rename(directory)
        except OSError:
            if not directory.exists():  # else another task was faster, and its copy is as good
                raise


def _put(path: Path, source: Path, mode: int) -> None:
    shutil.copyfile(source, path)
    path.chmod(mode)


def _host_authorities() -> Path:
    known = ssl.get_default_verify_paths()
    return Path(known.cafile or known.openssl_cafile)


def _read(path: Path, cure: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SandboxError(f"The runner's image needs {path}: {error.strerror}. {cure}") from error


def _archive(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o555 if name == "callgate-runner" else 0o444
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
