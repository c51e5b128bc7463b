"""The lock file of an agent's repository, `callgate.lock`: which version of each tool the agent was made and tested with.

    {
     "callgate_lock": 1,
     "tools": {
      "create_order": {"version": "1.0.0", "digest": "sha256:…"}
     }
    }

A client with a lock calls these versions, whatever the gateway's operator promotes meanwhile, and no other tools.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Self

from callgate.errors import LockInvalid, ToolNotLocked
from callgate.types import Tool, ToolName
from callgate.visible import visible

#: The version of the file's form. One that is not known is refused.
VERSION = 1
FILE = "callgate.lock"
RENEW = "`callgate lock` writes it anew."
_MARK = "callgate_lock"


@dataclass(frozen=True, slots=True)
class LockedTool:
    """One immutable revision of a tool."""

    name: str
    version: str
    digest: str

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.version}"

    def is_named(self, version: str) -> bool:
        """Whether `1`, `1.0`, `1.0.0`, `sha256:…` or nothing behind a tool's name can mean this version."""
        parts = self.version.split(".")
        return version in {"", self.digest, *(".".join(parts[:count]) for count in range(1, len(parts) + 1))}


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock file says, by the tools' names. `file` is for messages."""

    tools: Mapping[str, LockedTool] = field(hash=False)
    file: str = FILE

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Self:
        """Raises LockInvalid."""
        try:
            return cls.load(Path(path).read_bytes(), str(path))
        except (OSError, ValueError) as error:
            if isinstance(error, LockInvalid):
                raise
            told = error.strerror if isinstance(error, OSError) else error
            raise LockInvalid(f"{path} cannot be read: {told}", cure=f"Check CALLGATE_LOCK. {RENEW}") from None

    @classmethod
    def load(cls, content: bytes, file: str = FILE) -> Self:
        """Raises LockInvalid."""
        try:
            plain = json.loads(content)
            if plain[_MARK] != VERSION:
                told = f"{file} is of version {plain[_MARK]!r}, not {VERSION}"
                raise LockInvalid(told, cure="Take a release of the SDK that knows it.")
            return cls({name: _tool(name, one) for name, one in plain["tools"].items()}, file)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if isinstance(error, LockInvalid):
                raise
            raise LockInvalid(f"{file} is no lock file: {error!r}", cure=RENEW) from None

    @classmethod
    def of(cls, tools: Iterable[Tool | ToolName | LockedTool], file: str = FILE) -> Self:
        """Of tools as the gateway lists them."""
        found = (LockedTool(one.name, one.version, one.digest) for one in tools)
        return cls({one.name: one for one in sorted(found, key=lambda one: one.name)}, file)

    def dump(self) -> bytes:
        """The content of the file: always the same for the same lock."""
        tools = {name: {"version": one.version, "digest": one.digest} for name, one in sorted(self.tools.items())}
        return json.dumps({_MARK: VERSION, "tools": tools}, indent=1).encode() + b"\n"

    def locked(self, reference: str) -> LockedTool:
        """The version that a call of `name`, or of `name@…`, is to have. Raises ToolNotLocked."""
        name, _, version = reference.partition("@")
        found = self.tools.get(name)
        cure = f"Add it, and review what it may do: `callgate lock {visible(name)}`."
        if found is None:
            raise ToolNotLocked(f"the tool {name} is not in {self.file}", cure=cure)
        if not found.is_named(version):
            told = f"{reference} is not the version of {self.file}, which is {found.version}"
            raise ToolNotLocked(told, cure="Leave the version out, or lock that one.")
        return found


def _tool(name: str, plain: Any) -> LockedTool:
    """Raises ValueError, KeyError, TypeError."""
    version, digest = plain["version"], plain["digest"]
    if not all(isinstance(one, str) and one for one in (name, version, digest)):
        raise ValueError(f"{name} has neither version nor digest")
    return LockedTool(name, version, digest)
