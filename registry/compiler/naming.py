"""Names of tools: legal for every model provider, and steady while the document grows.

An operationId that is a legal name as it stands is the tool's name: operationIds are unique (OpenAPI 3.1.1, Operation Object).
Any other is made legal, in Latin letters where that is plain (`romanising`); where it is not, or there is none, method and path
are the name. Where that is too long, or two operations of the document come to the same, all that collide alike go on to what
words can tell: the operationId cut between two words, then method and path, without the path's variables, cut, and with its end
alone. Only where no words tell them apart does a name get `_` and 8 hex digits of SHA-1 over method and path. So the order of
operations decides nothing. Where `known` has the name, nor do others: a name in use stays with its method and path, whatever
operationId the document gives them now. What callers call, and what an operator has disabled, is not renamed by a vendor.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from registry.compiler.romanising import romanised

_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_LEGAL_RUN = re.compile(r"[A-Za-z0-9_-]+")
_ILLEGAL_RUN = re.compile(r"[^A-Za-z0-9_-]+")
#: What a name must have to say anything.
_SAYING = re.compile(r"[A-Za-z0-9]")
_VARIABLE = re.compile(r"\{[^{}]*\}")
#: Where a word ends: before a separator, and in camel case.
_WORD_END = re.compile(r"(?=[_-])|(?<=[a-z0-9])(?=[A-Z])")
_LENGTH, _CUT = 64, 55
#: Characters that a name keeps at least when it is cut: less would say nothing.
_LEAST = 24

#: Method in upper case, path template.
Route = tuple[str, str]


def name_all(operation_ids: Mapping[Route, str | None], known: Mapping[Route, str] | None = None) -> dict[Route, str]:
    """A unique name for each route. An operation without an operationId is named for its method and path.

    `known` has the names that operations have already. Each is kept; one that two operations have, by the first of them.
    """
    names = _distinct({route: name for route, name in (known or {}).items() if route in operation_ids})
    open_ = {route: list(_candidates(route, given)) for route, given in operation_ids.items() if route not in names}
    while open_:
        names |= _settled({route: ones[0] for route, ones in open_.items() if ones}, set(names.values()))
        names |= {route: _suffixed(_plain(route, operation_ids[route]), route) for route, ones in open_.items() if not ones}
        open_ = {route: ones[1:] for route, ones in open_.items() if route not in names}
    return {route: names[route] for route in operation_ids}


def prefixed(prefix: str, name: str, route: Route) -> str:
    """The name behind the operator's prefix."""
    whole = prefix + name
    return whole if len(whole) <= _LENGTH else _suffixed(whole, route)


def _settled(asked: Mapping[Route, str], taken: set[str]) -> dict[Route, str]:
    """Those of the names that one operation alone asks for, and none has. Empty texts are no names."""
    shared = Counter(asked.values())
    return {route: name for route, name in asked.items() if name and shared[name] == 1 and name not in taken}


def _distinct(names: Mapping[Route, str]) -> dict[Route, str]:
    bearers = {name: route for route, name in reversed(list(names.items()))}
    return {route: name for route, name in names.items() if bearers[name] == route}


def _candidates(route: Route, given: str | None) -> Iterator[str]:
    """The names of an operation, the best first: each round of `name_all` looks at one of each. Empty: none in that round."""
    plain = _plain(route, given)
    yield plain if plain == given and len(plain) <= _LENGTH else ""
    yield plain if len(plain) <= _LENGTH else _cut(plain)
    for described in (_describe(route), _describe((route[0], _VARIABLE.sub("", route[1])))):
        yield described if len(described) <= _LENGTH else ""
        yield _cut(described) if len(described) > _LENGTH else ""
    yield _end_of(_describe(route))


def _plain(route: Route, given: str | None) -> str:
    spelt = romanised(given) if given else None
    return _legalise(spelt if spelt and _SAYING.search(spelt) else _describe(route))


def _legalise(text: str) -> str:
    name = _ILLEGAL_RUN.sub("_", text).strip("_") if not _LEGAL.fullmatch(text) else text
    return name if name and (name[0].isalpha() or name[0] == "_") else f"_{name}"


def _describe(route: Route) -> str:
    method, path = route
    segments = (romanised(segment) or segment for segment in path.split("/"))
    return "_".join([_legalise(method.lower()), *(run for segment in segments for run in _LEGAL_RUN.findall(segment))])


def _cut(name: str) -> str:
    """The words of a name that fit; empty where they would say too little."""
    ends = [match.start() for match in _WORD_END.finditer(name[: _LENGTH + 1]) if match.start() <= _LENGTH]
    return name[: ends[-1]] if ends and ends[-1] >= _LEAST else ""


def _end_of(described: str) -> str:
    """The method, and the words at the end of its path that fit: what tells apart long paths that begin alike."""
    method, _, path = described.partition("_")
    room = _LENGTH - len(method)
    starts = [
        match.start() for match in _WORD_END.finditer(path) if len(path) - match.start() <= room and path[match.start()] == "_"
    ]
    return method + path[starts[0] :] if starts and len(path) - starts[0] >= _LEAST else ""


def ends_in_hash(name: str, route: Route) -> bool:
    """Whether no words told the operation from others."""
    return name.endswith(_mark(route))


def _suffixed(name: str, route: Route) -> str:
    return name[:_CUT] + _mark(route)


def _mark(route: Route) -> str:
    return "_" + hashlib.sha1(f"{route[0]} {route[1]}".encode(), usedforsecurity=False).hexdigest()[:8]
