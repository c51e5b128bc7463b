"""Which operations of a document the catalog's tools perform already, and which the upstream may take for one of those."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from registry.compiler.naming import Route
from registry.manifest.meaning import Candidate
from registry.model.operation_key import OperationKey, Remembered, unnamed, upstream_routes


@dataclass(frozen=True, slots=True)
class Recognised:
    """`known`: route → the tool whose operation it is. `gone`: tools whose operation the document no longer has."""

    known: Mapping[Route, Remembered]
    gone: tuple[Remembered, ...]

    def candidates(self, keys: Sequence[OperationKey]) -> list[Candidate]:
        """The operations as the manifest is to read them. Twins are sought among the tools, or, where there are none, here."""
        found = [(key, self.known.get((key.method, key.path))) for key in keys]
        tools = [(upstream_routes(replace(one.key, server=key.server)), one.key) for key, one in found if one]
        tools += [(upstream_routes(one.key), one.key) for one in self.gone]
        twins = _Twins(tools, widely=True) if tools else _Twins([(upstream_routes(key), key) for key in keys], widely=False)
        return [Candidate(key, one.key) if one else Candidate(key, twins=twins.of(key)) for key, one in found]


def recognise(routes: Iterable[Route], remembered: Sequence[Remembered]) -> Recognised:
    """By method and path, whatever the path's parameters are called. Of two paths that differ by that alone, one is known."""
    places: defaultdict[str, list[Route]] = defaultdict(list)
    for route in routes:
        places[unnamed(" ".join(route))].append(route)
    known: dict[Route, Remembered] = {}
    gone: list[Remembered] = []
    for one in remembered:
        found = [route for route in places.get(one.key.identity, ()) if route not in known]
        if not found:
            if not any(route in known for route in places.get(one.key.identity, ())):
                gone.append(one)
            continue
        exact = (one.key.method, one.key.path)
        known[exact if exact in found else min(found)] = one
    return Recognised(known, tuple(gone))


class _Twins:
    """Operations by what they may reach upstream.

    `widely`: one that differs by its query or fragment alone is a twin too. A document that makes many operations of one path
    in this way means it; one that adds such an operation to a path that is guarded may not.
    """

    def __init__(self, routes: Iterable[tuple[tuple[str, ...], OperationKey]], *, widely: bool) -> None:
        self._forms = 2 if widely else 1
        self._found: defaultdict[str, list[OperationKey]] = defaultdict(list)
        for forms, key in routes:
            self._found[forms[0]].append(key)

    def of(self, key: OperationKey) -> tuple[OperationKey, ...]:
        found = (one for form in upstream_routes(key)[: self._forms] for one in self._found.get(form, ()))
        return tuple(dict.fromkeys(one for one in found if one.route != key.route))
