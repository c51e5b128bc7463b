"""A gateway's seat on its host: taken before the first box, renewed while it lives, left at its end.

The host's mark is a name that was drawn once and is kept with the engine's data. What is copied with that data is told apart in
three ways. Another boot than that of a living gateway means another machine. A living gateway that has left its proof with
another engine is on that one. And a process that was copied as it ran shows a token that the other one has replaced.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import orjson

from sandbox.api.errors import HostCopied, HostLost, HostMemoryRefused, SandboxError
from sandbox.engine.protocol import Engine
from sandbox.hardening.profile import HOST_LABEL, RUN_DIR_LABEL
from sandbox.reaping.host_registry import CopiedFrom, HostFacts, HostRegistry, LostBefore, Seat, Taken

MARK, MARK_LABEL = "callgate-host", "callgate.host_mark"
PROOF_LABEL = "callgate.proof"
#: Seconds within which a living gateway renews its seat: every five, where it can.
SIGN_OF_LIFE_WITHIN = 8.0
#: How many of its tokens a gateway remembers: those of a day.
TOKENS = 20_000
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def proof_name(gateway: str) -> str:
    return f"callgate-proof-{gateway}"


class HostSeat:
    """`memory`: a file that outlives the gateway, for an engine whose mark was removed. `boot`: of the machine's kernel."""

    def __init__(
        self,
        engine: Engine,
        registry: HostRegistry,
        gateway: str,
        run_dir: Path,
        *,
        memory: Path | None = None,
        boot: str = "",
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._run_dir = run_dir
        self._memory = memory
        self._pause = pause
        self._boot = boot or BOOT_ID.read_text().strip()
        self._seat = Seat(gateway, token_hex(8), token_hex(8))
        self._next = token_hex(8)
        self._earlier: deque[str] = deque(maxlen=TOKENS)
        self._facts: HostFacts | None = None
        self._host = ""
        self._living: set[str] = set()

    async def take(self) -> str:
        """The host's id. Raises HostCopied; HostMemoryRefused, EngineUnavailable, BoxRegistryUnavailable."""
        self._facts = facts = await self._see()
        await self._leave_proof()
        taken = await self._registry.take(facts, self._seat)
        if isinstance(taken, LostBefore):
            await self._remove_boxes_of(taken.host)
            taken = await self._registry.take(facts, self._seat, cleared=taken.host)
        self._host = await self._checked(facts, taken)
        return self._host

    async def renew(self) -> None:
        """Say that the gateway lives. Raises HostCopied and HostLost: then it must end. To be called every few seconds."""
        if self._facts is None:
            return
        seat = replace(self._seat, token=self._next)
        taken = await self._registry.renew(self._host, self._facts, seat, self._seat.token)
        if isinstance(taken, CopiedFrom) and taken.token in self._earlier:  # the registry has gone back: its store failed over
            taken = await self._registry.renew(self._host, self._facts, seat, taken.token)
        if isinstance(taken, LostBefore):
            raise HostLost(taken.host)
        if isinstance(taken, CopiedFrom):
            raise _copied(self._host, taken.gateway)
        self._living = {self._seat.gateway, *(other.gateway for other in taken.others)}
        self._earlier.append(self._seat.token)
        self._seat, self._next = seat, token_hex(8)

    async def sweep(self) -> None:
        """Make the mark again, where an operator has pruned the volumes, and remove what dead gateways have left."""
        if self._facts is not None:
            await self._engine.mark(MARK, {MARK_LABEL: self._facts.mark})
            await self._leave_proof()
            await self._remove_proofs(await self._engine.marks(PROOF_LABEL))

    async def leave(self) -> None:
        await self._registry.leave(self._seat)
        await self._engine.unmark(proof_name(self._seat.gateway))

    async def _leave_proof(self) -> None:
        """Again, where it was removed: by an operator, or by another gateway that this one was too silent for."""
        proof = {PROOF_LABEL: self._seat.proof, RUN_DIR_LABEL: str(self._run_dir)}
        await self._engine.mark(proof_name(self._seat.gateway), proof)

    async def _checked(self, facts: HostFacts, taken: Taken | LostBefore | CopiedFrom) -> str:
        """The host's id, if all its living gateways have left their proof with this engine."""
        if isinstance(taken, Taken):
            proofs = await self._engine.marks(PROOF_LABEL)
            if strangers := [other for other in taken.others if not _has_proof(other, proofs)]:
                await self._refuse_the_living(facts, taken.host, strangers)
            self._living = {self._seat.gateway, *(other.gateway for other in taken.others if other not in strangers)}
            await self._remove_proofs(proofs)
            return taken.host
        await self._engine.unmark(proof_name(self._seat.gateway))
        if isinstance(taken, LostBefore):  # once more, in this moment
            raise HostLost(taken.host)
        raise _copied("", taken.gateway)

    async def _refuse_the_living(self, facts: HostFacts, host: str, strangers: Sequence[Seat]) -> None:
        """Raises HostCopied where one of these gives a sign of life. A store that went back in time has seats of the dead."""
        await self._pause(SIGN_OF_LIFE_WITHIN)
        again = await self._registry.take(facts, self._seat)
        tokens = {stranger.gateway: stranger.token for stranger in strangers}
        for other in again.others if isinstance(again, Taken) else ():
            if other.token != tokens.get(other.gateway, other.token):
                await self.leave()
                raise _copied(host, other.gateway)
        for stranger in strangers:
            await self._registry.forget(stranger.gateway)

    async def _see(self) -> HostFacts:
        """The host as it is. Its mark is the engine's; or, where that has none, what this host remembers of the same engine."""
        engine, known = await self._engine.id(), self._remembered()
        is_same = (known.get("engine"), known.get("boot")) == (engine, self._boot)
        await self._engine.mark(MARK, {MARK_LABEL: str(known["mark"]) if is_same else token_hex(16)})
        mark = (await self._engine.marks(MARK_LABEL)).get(MARK, {}).get(MARK_LABEL)
        if not mark:
            raise SandboxError(f"The engine has a volume {MARK} that is not Callgate's: remove it.")
        facts = HostFacts(mark, engine, socket.gethostname(), self._boot)
        self._remember({"mark": mark, "engine": engine, "boot": self._boot})
        return facts

    def _remembered(self) -> dict[str, str]:
        try:
            known = orjson.loads(self._memory.read_bytes()) if self._memory else {}
        except (FileNotFoundError, ValueError):
            return {}
        except OSError as error:
            raise HostMemoryRefused(f"{self._memory} cannot be read: {error.strerror}") from error
        return known if isinstance(known, dict) else {}

    def _remember(self, known: dict[str, str]) -> None:
        if self._memory is None or known == self._remembered():
            return
        try:
            _write_whole(self._memory, orjson.dumps(known))
        except OSError as error:
            raise HostMemoryRefused(f"{self._memory} cannot be written: {error.strerror}") from error

    async def _remove_proofs(self, proofs: Mapping[str, Mapping[str, str]]) -> None:
        """Remove the proofs of this run directory's gateways that do not count as living any more, and were swept."""
        for name, labels in proofs.items():
            gateway = name.removeprefix(proof_name(""))
            gone = gateway not in self._living and not (self._run_dir / gateway).is_dir()
            if gone and labels.get(RUN_DIR_LABEL) == str(self._run_dir):
                await self._registry.forget(gateway)
                await self._engine.unmark(name)

    async def _remove_boxes_of(self, host: str) -> None:
        for box in await self._engine.containers({HOST_LABEL: host}):
            await self._engine.remove(box.name)


def _write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing. Where an operator has removed the directory, it is made again, for its owner alone."""
    for place in reversed([place for place in path.parents if not place.is_dir()]):
        place.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"{path.name}.{token_hex(4)}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _has_proof(seat: Seat, proofs: Mapping[str, Mapping[str, str]]) -> bool:
    return proofs.get(proof_name(seat.gateway), {}).get(PROOF_LABEL) == seat.proof


def _copied(host: str, gateway: str) -> HostCopied:
    identity = f"as {host}" if host else "under the same identity"
    return HostCopied(f"The gateway {gateway} lives {identity} on another machine, or on another engine.")
