"""Ends that could not be written down because the store was away: kept on this host's disk until it is back.

Each is a file of its own, written through before it counts, so none is ever half there. The next gateway in the directory
writes them down: this one, another one, or the next process. Saying an end twice changes nothing (`ledger.lua`, record).
The files hold upstreams' answers: they are readable by their owner alone, and go as soon as the ledger has them, or their
record has ended otherwise.
"""

import asyncio
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson
import structlog

from gateway.model.invocation import Attempt, Outcome
from gateway.records.ledger.codec import decode_attempt, decode_outcome, encode_attempt, encode_outcome
from gateway.records.ledger.disk import make_private, sync_directory
from gateway.records.ledger.protocol import FencedLease

log = structlog.get_logger(__name__)

KEPT, REFUSED = ".json", ".refused"


@dataclass(frozen=True, slots=True)
class Completion:
    """An end as its holder knows it."""

    held: FencedLease
    outcome: Outcome
    attempt: Attempt | None
    review: bool
    unasked: str = ""
    refused: bool = False


class Journal:
    """A directory, made where it is not there, also where it is removed later. None: nothing is kept, for those who have no
    disk to rely on."""

    def __init__(self, directory: Path | None = None) -> None:
        """Raises OSError."""
        self._directory = directory
        self._kept: set[Path] = set()
        if directory is not None:
            make_private(directory)

    async def keep(self, completion: Completion) -> None:
        """Return once it is on the disk. Raises OSError."""
        if self._directory is None:
            return
        path = self._directory / _name(completion.held)
        if path not in self._kept or not path.exists():
            await asyncio.to_thread(_write, path, _encode(completion))
            self._kept.add(path)

    async def strike(self, held: FencedLease) -> None:
        """Forget it: the ledger has it."""
        if self._directory is not None and self._kept and (path := self._directory / _name(held)) in self._kept:
            self._kept.discard(path)
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def set_aside(self, held: FencedLease) -> None:
        """Keep it for an operator to look at: the ledger does not know what it is the end of."""
        if self._directory is not None:
            path = self._directory / _name(held)
            self._kept.discard(path)
            await asyncio.to_thread(path.replace, path.with_suffix(REFUSED))

    async def entries(self) -> list[Completion]:
        """All that wait, of any gateway; what cannot be read is set aside. Raises OSError."""
        if self._directory is None:
            return []
        found = {path: _load(path) for path in sorted(self._directory.glob(f"*{KEPT}"))}
        self._kept.update(path for path, completion in found.items() if completion)
        return [completion for completion in found.values() if completion]


def _name(held: FencedLease) -> str:
    return sha256(orjson.dumps([held.tenant, held.id, held.fence])).hexdigest()[:32] + KEPT


def _encode(completion: Completion) -> bytes:
    held, attempt = completion.held, completion.attempt
    plain = {
        "tenant": held.tenant,
        "id": held.id,
        "fence": held.fence,
        "outcome": b64encode(encode_outcome(completion.outcome)).decode(),
        "attempt": b64encode(encode_attempt(attempt)).decode() if attempt else None,
        "review": completion.review,
        "unasked": completion.unasked,
        "refused": completion.refused,
    }
    return orjson.dumps(plain)


def _decode(raw: bytes) -> Completion:
    plain = orjson.loads(raw)
    outcome = decode_outcome(b64decode(plain["outcome"]))
    attempt = decode_attempt(b64decode(plain["attempt"])) if plain["attempt"] else None
    held = FencedLease(plain["tenant"], plain["id"], plain["fence"])
    return Completion(held, outcome, attempt, plain["review"], plain.get("unasked", ""), plain.get("refused", False))


def _load(path: Path) -> Completion | None:
    try:
        return _decode(path.read_bytes())
    except FileNotFoundError:
        return None  # another gateway has written it down meanwhile
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # a newer release's, or a disk's fault
        log.error("completion_unreadable", file=path.name, error=type(error).__name__)  # noqa: TRY400 - not ours
        path.replace(path.with_suffix(REFUSED))  # for an operator to look at, while all others are written down
        return None


def _write(path: Path, content: bytes) -> None:
    if not path.parent.is_dir():
        make_private(path.parent)
    draft = path.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_directory(path.parent)
