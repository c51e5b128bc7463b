"""Which host is this, to the gateways that share the store? Only those on a host can confirm that its boxes are gone."""

from collections.abc import Sequence
from pathlib import Path

from gateway.operations.doctor import PartFinding
from sandbox.api.errors import HostCopied, SandboxError
from sandbox.engine.docker_engine import DockerEngine
from sandbox.reaping.host_registry import HostRegistry, KnownHost
from sandbox.reaping.host_seat import BOOT_ID, MARK, MARK_LABEL

PART = "host"
_LOST = "Start a gateway here: it removes the boxes of before, and the host gets a new identity."


async def check_host(socket: Path, registry: HostRegistry) -> PartFinding:
    """Reads, and changes nothing: the engine's mark is made by a gateway."""
    engine = DockerEngine(f"unix://{socket}")
    try:
        mark = (await engine.marks(MARK_LABEL)).get(MARK, {}).get(MARK_LABEL)
        return judged(mark, await registry.hosts(), BOOT_ID.read_text().strip())
    except SandboxError as error:
        return PartFinding(PART, False, str(error), error.cure)
    finally:
        await engine.close()


def judged(mark: str | None, hosts: Sequence[KnownHost], boot: str) -> PartFinding:
    """`boot`: of this machine's kernel, by which a copy of it is known."""
    of_mark = [host for host in hosts if host.facts.mark == mark]
    if not of_mark:
        return PartFinding(PART, True, "has no identity yet: the first gateway on this engine gives it one")
    # A host that was declared lost has the mark in common with the one that came after it.
    host = max(of_mark, key=lambda one: (one.lost is None, one.seen))
    gateways = ", ".join(host.gateways) or "none"
    detail = f"{host.id}, on {host.facts.name}; gateways that live: {gateways}"
    if host.lost is not None:
        return PartFinding(PART, False, f"{host.id} was declared lost by {host.lost.author}: {host.lost.reason}", _LOST)
    if host.gateways and host.facts.boot != boot:
        return PartFinding(PART, False, f"{detail}, in another boot than this machine's", HostCopied.cure)
    return PartFinding(PART, True, detail)
