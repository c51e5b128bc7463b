"""Which operation a tool performs, and what it was called when the operator last spoke of it.

A vendor chooses operationIds, tags and how a path is spelt; the operator's guards must not follow these. So an import remembers
each tool's operation by method and path, and reads the manifest's words as they were meant.
"""

import re
from dataclasses import KW_ONLY, dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from posixpath import normpath
from urllib.parse import unquote, urlsplit

_PARAMETER = re.compile(r"\{[^{}]*\}")
_MATRIX = re.compile(r";[^/]*")
_TAG = "tag:"
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: So often is a path decoded that hides another one, such as `/%2572efunds`.
_DECODINGS = 3


@dataclass(frozen=True, slots=True)
class OperationKey:
    """What a manifest may call one operation.

    `ids` are its operationIds: the one by which it became known, and those by which the operator has named it since. `name` is
    the tool's, before a manifest renames it. `server` is where the document sends it; empty: it names none.

    `likened` are the identities of operations for which the operator or the upstream might have taken it when it was new: what
    guards those guards it. `denied` are those of its names by which the manifest's entries mean another.
    """

    method: str
    path: str
    ids: tuple[str, ...] = ()
    name: str = ""
    tags: tuple[str, ...] = ()
    _: KW_ONLY
    server: str = ""
    likened: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def identity(self) -> str:
        """Method and path, whatever the path's parameters are called: by this an import recognises an operation."""
        return unnamed(self.route)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in (*self.ids, self.route, self.name) if name))

    @property
    def calls(self) -> frozenset[str]:
        """The names by which an entry of a manifest means it, its path's parameters unnamed."""
        return frozenset((*self.ids, self.name, self.identity)) - {*self.denied, ""}

    def is_called(self, word: str) -> bool:
        return not self.calls.isdisjoint((word, unnamed(word)))

    def matches(self, pattern: str) -> bool:
        """Whether a pattern matches this operation. `*` stands for any characters, slashes too."""
        if pattern.startswith(_TAG):
            return any(fnmatchcase(tag, pattern.removeprefix(_TAG)) for tag in self.tags)
        if fnmatchcase(self.identity, unnamed(pattern)) or fnmatchcase(self.route, pattern):
            return True
        return any(fnmatchcase(name, pattern) for name in (*self.ids, self.name) if name)


@dataclass(frozen=True, slots=True)
class Remembered:
    """The operation of a tool that the catalog has, as the operator last spoke of it. `tool` is the tool's name."""

    tool: str
    key: OperationKey


@dataclass(frozen=True, slots=True)
class Binding:
    """What an import knows of a draft's operation, beside the draft.

    `known_as` is the tool that performs this operation already; empty: the operation is new. `doubts` say why an operator must
    look at it before it is called. `entry` is the manifest's word for this operation alone; empty: there is none. `said` are
    the settings that the manifest gives this operation: whatever they are, no document has chosen them.
    """

    key: OperationKey
    known_as: str = ""
    doubts: tuple[str, ...] = ()
    entry: str = ""
    said: tuple[str, ...] = ()

    @property
    def entry_by_path(self) -> bool:
        """Whether the manifest names the operation by what no document can give to another."""
        return " /" in self.entry


@lru_cache(maxsize=65_536)
def unnamed(route: str) -> str:
    """A route, or a pattern of routes, without the names of its path's parameters: `GET /a/{id}` → `GET /a/{}`."""
    return _PARAMETER.sub("{}", route)


def upstream_routes(key: OperationKey) -> tuple[str, ...]:
    """What the operation may reach upstream, wider and wider: servers read more than one spelling of a path as one.

    Case, slashes, dot segments, percent-encoding and matrix parameters make no difference; nor does where the server's URL ends
    and the path begins. The fragment is never sent, and a query may be ignored: the second form leaves both out.
    """
    bare = re.split(r"[?#]", key.path, maxsplit=1)[0]
    whole = f"{_authority(key.server)} {key.method.upper()} {_plainest(urlsplit(key.server).path + bare)}"
    return tuple(dict.fromkeys((whole + key.path[len(bare) :], whole)))


def _authority(server: str) -> str:
    parts = urlsplit(server)
    return f"{(parts.hostname or '').rstrip('.')}:{parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)}"


def _plainest(path: str) -> str:
    path = unnamed(path)
    for _ in range(_DECODINGS):
        path = unquote(path)
    path = _MATRIX.sub("", path.replace("\\", "/"))
    return normpath(f"/{path.casefold()}").replace("//", "/")
