"""Which credentials an operation gets, and where in the request they go."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from registry.compiler.token_sources import token_sources
from registry.credentials.kind import RequestField
from registry.credentials.kinds import bind_grant, bind_scheme, occupied, places_of, source_of
from registry.manifest.toolset import CredentialSource
from registry.model.errors import DocumentInvalid
from registry.model.import_fault import ImportFault, OperationUnusable
from registry.model.json_pointer import escape
from registry.model.references import References
from registry.model.tool import CredentialBinding, JsonObject, Requirement, ValuePlace
from registry.model.value_codec import plain

_DIRECT = re.compile(r"(header|query|cookie):([!#$%&'*+.^_`|~0-9A-Za-z-]+)")  # the name: a token (RFC 9110 §5.6.2)
#: Names of schemes that a fault lists.
_NAMED = 5

#: What of a request a credential fills, headers in lower case: in each, there is room for one.
_Slot = tuple[RequestField, ...]


class Security:
    """The security schemes of one document, and the secrets that the operator names for them."""

    def __init__(self, document: JsonObject, references: References, sources: tuple[CredentialSource, ...]) -> None:
        """Raises DocumentInvalid for a source that names no scheme of the document, or a place that another one fills."""
        self._references = references
        self._document = document
        components = document.get("components")
        schemes = components.get("securitySchemes") if isinstance(components, dict) else None
        self._schemes: JsonObject = schemes if isinstance(schemes, dict) else {}
        self._sources = {source.scheme: source for source in sources}
        self._everywhere = _ordered(_each_place_once([binding for source in sources for binding in _direct(source)]))
        for name in self._sources:
            if not _DIRECT.fullmatch(name) and name not in self._schemes:
                raise DocumentInvalid(f"the document has no security scheme {name!r}", cure=self._cure())

    def choose(
        self, operation: JsonObject, pointer: str, *, shows_certificate: bool = False
    ) -> tuple[tuple[CredentialBinding, ...], tuple[ImportFault, ...]]:
        """The bindings of the first security alternative all of whose schemes have a secret, in an order of their own.

        With them those that the operator means for every operation, and in the place of one that would fill the same.
        `shows_certificate`: the operator has named a client certificate, which satisfies `mutualTLS`.

        An operation that requires a credential and gets none is still a tool, and a fault says so: the upstream will refuse it,
        or does not mean its requirement. Raises OperationUnusable for a malformed requirement or scheme.
        """
        own = "security" in operation
        required = operation["security"] if own else self._document.get("security", [])
        pointer = f"{pointer}/security" if own else "/security"
        if self._everywhere and not _is_required(required):
            return self._everywhere, ()
        if not _is_required(required):
            raise OperationUnusable("`security` is not a list of objects", pointer=pointer)
        if shows_certificate:
            required = [self._beside_certificate(alternative) for alternative in required]
        lacking: list[tuple[str, ...]] = []
        for alternative in required:
            filling = self._fill(alternative)
            if alternative and not filling.lacking:
                return filling.bindings, filling.doubled(pointer)
            lacking.append(filling.lacking)
        if self._everywhere or not required or {} in required:
            return self._everywhere, ()
        return (), (self._unsatisfied(min(lacking, key=len), pointer),)

    def requirements(self, operation: JsonObject) -> tuple[tuple[Requirement, ...], ...]:
        """The alternatives that the document names for an operation that `choose` has passed, in an order of their own."""
        alternatives = (sorted(map(self._requirement, one, one.values()), key=str) for one in self._required(operation))
        return tuple(sorted(map(tuple, alternatives), key=str))

    def _beside_certificate(self, alternative: dict[str, Any]) -> dict[str, Any]:
        """What is still required once a client certificate is shown."""
        return {name: scopes for name, scopes in alternative.items() if not self._is_certificate(name)}

    def _is_certificate(self, name: str) -> bool:
        try:
            scheme, _ = self._scheme(name)
        except OperationUnusable:
            return False
        return scheme.get("type") == "mutualTLS"

    def _required(self, operation: JsonObject) -> list[dict[str, Any]]:
        required = operation.get("security", self._document.get("security", []))
        return [one for one in required if isinstance(one, dict)] if isinstance(required, list) else []

    def _requirement(self, name: str, scopes: Any) -> Requirement:
        try:
            scheme, _ = self._scheme(name)
        except OperationUnusable:
            scheme = {}
        parts = [scheme.get(key) for key in ("type", "scheme", "in", "name")]
        kind = " ".join(part for part in parts if isinstance(part, str)) or name
        return Requirement(kind, _scopes(scopes), token_sources(scheme))

    def _fill(self, alternative: dict[str, Any]) -> "_Filling":
        """Schemes that fill one place count once: a request has room there for one of them."""
        filling = _Filling({field: one for one in self._everywhere for field in _slot(one)})
        lacking = {name: self._place(name) for name in sorted(alternative) if name not in self._sources}
        for name in sorted(alternative.keys() & self._sources.keys()):
            filling.add(name, self._bind(self._sources[name], _scopes(alternative[name])))
        filling.lacking = tuple(name for name, place in lacking.items() if place is None or not filling.has(place))
        return filling

    def _place(self, name: str) -> _Slot | None:
        """What a scheme fills for which the operator names no secret. None: no kind of credential can."""
        try:
            return _lower(places_of(*self._scheme(name)))
        except OperationUnusable:
            return None

    def _scheme(self, name: str) -> tuple[JsonObject, str]:
        """With its pointer. Raises OperationUnusable."""
        return self._references.follow(self._schemes.get(name), f"/components/securitySchemes/{escape(name)}")

    def _bind(self, source: CredentialSource, scopes: tuple[str, ...]) -> CredentialBinding:
        scheme, place = self._scheme(source.scheme)
        if "token" in source.settings:
            return bind_grant(scheme, place, (source.path, source.field), source.settings["token"], scopes)
        return bind_scheme(scheme, place, source.path, source.field, source.username_field, settings=source.settings)

    def _unsatisfied(self, lacking: tuple[str, ...], pointer: str) -> ImportFault:
        sources = " ".join(f"--credential '{name}={self._source(name)}'" for name in lacking[:_NAMED])
        message = f"the operation requires a credential for {_named(lacking)}; it was imported without one"
        return ImportFault(pointer, message, f"Import again with {sources}, or `credentials` in the manifest, if it needs one.")

    def _source(self, name: str) -> str:
        """How a command names the scheme's secret."""
        try:
            return source_of(*self._scheme(name))
        except OperationUnusable:
            return "PATH#FIELD"

    def _cure(self) -> str:
        names = ", ".join(sorted(map(str, self._schemes))[:10])
        known = f"Use one of: {names}; or" if names else "The document declares none; use"
        return f"{known} `header:NAME`, `query:NAME` or `cookie:NAME`."


def _direct(source: CredentialSource) -> Iterator[CredentialBinding]:
    """For a document that forgot to declare it: `header:NAME` and its like name the place of an API key themselves."""
    if match := _DIRECT.fullmatch(source.scheme):
        scheme = {"type": "apiKey", "in": match[1], "name": match[2]}
        yield bind_scheme(scheme, "", source.path, source.field, source.username_field, settings=source.settings)


@dataclass(slots=True)
class _Filling:
    """What fills which places of a request. `twice`: names of schemes whose secret is left out, for another one is there."""

    filled: dict[RequestField, CredentialBinding]
    twice: list[str] = field(default_factory=list)
    lacking: tuple[str, ...] = ()

    def add(self, name: str, binding: CredentialBinding) -> None:
        there = [self.filled[field] for field in _slot(binding) if field in self.filled]
        if not there:
            self.filled |= dict.fromkeys(_slot(binding), binding)
        elif any((one.path, one.field) != (binding.path, binding.field) for one in there):
            self.twice.append(name)

    def has(self, place: _Slot) -> bool:
        return all(field in self.filled for field in place)

    @property
    def bindings(self) -> tuple[CredentialBinding, ...]:
        return _ordered({id(one): one for one in self.filled.values()}.values())

    def doubled(self, pointer: str) -> tuple[ImportFault, ...]:
        if not self.twice:
            return ()
        message = f"the secret of {_named(self.twice)} is left out: another one fills the same place of the request"
        return (ImportFault(pointer, message, "Name one secret for each place."),)


def _slot(binding: CredentialBinding) -> _Slot:
    return _lower(occupied((binding,)))


def _lower(fields: Iterable[RequestField]) -> _Slot:
    """Names of headers are the same in any case."""
    return tuple((place, name.lower() if place is ValuePlace.HEADER else name) for place, name in fields)


def _scopes(said: Any) -> tuple[str, ...]:
    return tuple(sorted(scope for scope in said if isinstance(scope, str))) if isinstance(said, list) else ()


def _ordered(bindings: Iterable[CredentialBinding]) -> tuple[CredentialBinding, ...]:
    """By what they are: whatever the document calls its schemes, the same credentials make the same digest."""
    return tuple(sorted(bindings, key=lambda one: orjson.dumps(plain(one), option=orjson.OPT_SORT_KEYS)))


def _each_place_once(bindings: list[CredentialBinding]) -> list[CredentialBinding]:
    """Raises DocumentInvalid."""
    filled = [field for one in bindings for field in _slot(one)]
    if len(set(filled)) < len(filled):
        raise DocumentInvalid("two credentials for every operation fill one place of the request", cure="Pass one of them.")
    return bindings


def _is_required(required: Any) -> bool:
    return isinstance(required, list) and all(isinstance(alternative, dict) for alternative in required)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
