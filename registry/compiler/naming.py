"""Names of tools: legal for every model provider, and steady while the document grows.

An operationId that is a legal name as it stands is the tool's name: operationIds are unique (OpenAPI 3.1.1, Operation Object).
Any other is made legal; where the result is too long, or another operation of the document has it too, it is cut to 55
characters and gets `_` and 8 hex digits of SHA-1 over method and path, all that collide alike. So the order of operations
decides nothing, and a new operation can rename an old one only by claiming the very name that the old one's illegal
operationId was turned into, or an operationId that is not unique. Where `known` has the name, not even so: a name in use stays
with its method and path, whatever operationId the document gives them now, and the new operation gets the hash. What callers
call, and what an operator has disabled, is not renamed by a vendor.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping

_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_LEGAL_RUN = re.compile(r"[A-Za-z0-9_-]+")
_ILLEGAL_RUN = re.compile(r"[^A-Za-z0-9_-]+")
_LENGTH, _CUT = 64, 55

#: Method in upper case, path template.
Route = tuple[str, str]


def name_all(operation_ids: Mapping[Route, str | None], known: Mapping[Route, str] | None = None) -> dict[Route, str]:
    """A unique name for each route. An operation without an operationId is named for its method and path.

    `known` has the names that operations have already. Each is kept; one that two operations have, by the first of them.
    """
    plain = {route: _legalise(given or _describe(route)) for route, given in operation_ids.items()}
    kept = _distinct({route: name for route, name in (known or {}).items() if route in plain})
    new = {route: name for route, name in plain.items() if route not in kept}
    verbatim = Counter(given for route, given in operation_ids.items() if given and route in new)
    shared = Counter(new.values())
    taken = set(kept.values())

    def choose(route: Route, name: str) -> str:
        alone = _keeps(operation_ids[route], name, verbatim) or (shared[name] == 1 and len(name) <= _LENGTH)
        return name if alone and name not in taken else _suffixed(name, route)

    return {route: kept[route] if route in kept else choose(route, name) for route, name in plain.items()}


def _distinct(names: Mapping[Route, str]) -> dict[Route, str]:
    bearers = {name: route for route, name in reversed(list(names.items()))}
    return {route: name for route, name in names.items() if bearers[name] == route}


def _keeps(given: str | None, name: str, verbatim: Counter[str]) -> bool:
    return given == name and verbatim[name] == 1 and len(name) <= _LENGTH


def _legalise(text: str) -> str:
    name = _ILLEGAL_RUN.sub("_", text).strip("_") if not _LEGAL.fullmatch(text) else text
    return name if name and (name[0].isalpha() or name[0] == "_") else f"_{name}"


def _describe(route: Route) -> str:
    method, path = route
    return "_".join([method.lower(), *_LEGAL_RUN.findall(path)])


def _suffixed(name: str, route: Route) -> str:
    mark = hashlib.sha1(f"{route[0]} {route[1]}".encode(), usedforsecurity=False).hexdigest()[:8]
    return f"{name[:_CUT]}_{mark}"
