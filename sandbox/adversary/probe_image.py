"""The image of the probe's box: the probe in the runner's place, and a set-user-id copy that would run as root."""

import hashlib
import io
import tarfile
from pathlib import Path

from sandbox.api.errors import SandboxError
from sandbox.engine.protocol import Engine

PROBE = Path(__file__).parent / "callgate-probe"

# An archive, because a copied file would lose its set-user-id bit.
_DOCKERFILE = b"""\
FROM scratch
ADD probe.tar /
WORKDIR /
ENTRYPOINT ["/callgate-runner"]
"""


async def ensure_probe_image(engine: Engine) -> str:
    """Build the image unless the engine has it. Returns its name. Raises SandboxError, EngineUnavailable."""
    probe = _probe()
    name = f"callgate-probe:{hashlib.sha256(_DOCKERFILE + probe).hexdigest()[:12]}"
    await engine.ensure_image(name, _context(probe))
    return name


def place_probe(directory: Path, name: str) -> None:
    """Put the probe where a box of an author's image finds its runner."""
    directory.mkdir(mode=0o755, exist_ok=True)
    (directory / name).write_bytes(_probe())
    (directory / name).chmod(0o555)


def _probe() -> bytes:
    try:
        return PROBE.read_bytes()
    except OSError as error:
        cure = "Install callgate-server again: its build compiles the probe."
        raise SandboxError(f"The attacks need {PROBE}: {error.strerror}. {cure}") from error


def _context(probe: bytes) -> bytes:
    programs = _archive(("callgate-runner", probe, 0o555), ("set-user-id", probe, 0o6555))
    return _archive(("Dockerfile", _DOCKERFILE, 0o444), ("probe.tar", programs, 0o444))


def _archive(*files: tuple[str, bytes, int]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content, mode in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
