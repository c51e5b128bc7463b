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
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn, Self

from callgate.errors import LockInvalid, ToolNotLocked
from callgate.types import Tool, ToolName
from callgate.visible import visible

#: The version of the file's form. One that is not known is refused.
VERSION = 1
FILE = "callgate.lock"
#: Characters of a tool's name, numbers of its version, and digits of each, as a gateway takes them.
LONGEST_NAME, NUMBERS, DIGITS = 64, 3, 9
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
            content = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            told = error.strerror if isinstance(error, OSError) else error
            cure = f"Check CALLGATE_LOCK, or write the file: {_write(str(path))}."
            raise LockInvalid(f"{path} cannot be read: {told}", cure=cure) from None
        return cls.load(content, str(path))

    @classmethod
    def load(cls, content: bytes, file: str = FILE) -> Self:
        """Raises LockInvalid."""
        try:
            plain = _json(content)
            if isinstance(plain[_MARK], bool) or plain[_MARK] != VERSION:
                told = f"{file} is of version {json.dumps(plain[_MARK])}, not {VERSION}"
                raise LockInvalid(told, cure="Take a release of the SDK that knows it.")
            return cls({name: _tool(name, one) for name, one in plain["tools"].items()}, file)
        except KeyError as error:
            raise _invalid(file, f"its part {error.args[0]!r} is missing") from None
        except (TypeError, AttributeError, RecursionError):
            raise _invalid(file, "a part of it is of another kind than is written there") from None
        except ValueError as error:
            if isinstance(error, LockInvalid):
                raise
            raise _invalid(file, str(error)) from None

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


def _json(content: bytes) -> Any:
    """Raises ValueError. What has a name twice locks one thing or the other, as its reader has it."""
    if not content.strip():
        raise ValueError("it is empty")
    if any(line.startswith((b"<<<<<<< ", b">>>>>>> ")) for line in content.splitlines()):
        raise ValueError("it has the marks of a merge that was not resolved")
    try:
        return json.loads(content.decode(), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON, or not the whole of it (line {error.lineno}: {error.msg})") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"it has {next(name for name in names if names.count(name) > 1)!r} twice")
    return found


def _tool(name: str, plain: Any) -> LockedTool:
    """Raises ValueError, KeyError, TypeError."""
    version, digest = (plain[part] if part in plain else _missing(name, part) for part in ("version", "digest"))
    if not _is_name(name):
        raise ValueError(f"{name!r} is no name of a tool")
    if not _is_version(version):
        raise ValueError(f'the version of {name} must be as "1.0.0", not {json.dumps(version)}')
    if not isinstance(digest, str) or not digest:
        raise ValueError(f"the digest of {name} must be a text, not {json.dumps(digest)}")
    return LockedTool(name, version, digest)


def _missing(name: str, part: str) -> NoReturn:
    raise ValueError(f"{name} has no {part}")


def _is_name(name: str) -> bool:
    """As a gateway takes it: letters, digits, `_` and `-`."""
    return 0 < len(name) <= LONGEST_NAME and name.isascii() and name.replace("_", "a").replace("-", "a").isalnum()


def _is_version(version: Any) -> bool:
    parts = version.split(".") if isinstance(version, str) else []
    return len(parts) == NUMBERS and all(map(_is_number, parts))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS and (text == "0" or text[0] != "0")


def _write(file: str) -> str:
    return f"`callgate lock --file {shlex.quote(visible(file))} NAME…`, with the tools that the agent calls"


def _invalid(file: str, told: str) -> LockInvalid:
    cure = f"Take the file from your version control. If it has none, remove it, and write it anew: {_write(file)}."
    return LockInvalid(f"{file} is no lock file: {visible(told)}", cure=cure)
