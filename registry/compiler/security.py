"""Which credential an operation gets, and where in the request it goes."""

import re
from collections.abc import Iterator
from typing import Any

from registry.compiler.token_sources import token_sources
from registry.credentials.kinds import bind_scheme
from registry.manifest.toolset import CredentialSource
from registry.model.errors import DocumentInvalid
from registry.model.import_fault import ImportFault, OperationUnusable
from registry.model.json_pointer import escape
from registry.model.references import References
from registry.model.tool import CredentialBinding, JsonObject, Requirement

_DIRECT = re.compile(r"(header|query|cookie):([!#$%&'*+.^_`|~0-9A-Za-z-]+)")  # the name: a token (RFC 9110 §5.6.2)
_CURE = "Import again with a credential for one of the operation's security schemes, if it needs one."


class Security:
    """The security schemes of one document, and the secrets that the operator names for them."""

    def __init__(self, document: JsonObject, references: References, sources: tuple[CredentialSource, ...]) -> None:
        """Raises DocumentInvalid for a source that names no scheme of the document, or a second one for every operation."""
        self._references = references
        self._document = document
        components = document.get("components")
        schemes = components.get("securitySchemes") if isinstance(components, dict) else None
        self._schemes: JsonObject = schemes if isinstance(schemes, dict) else {}
        self._sources = {source.scheme: source for source in sources}
        direct = [binding for source in sources for binding in _direct(source)]
        if len(direct) > 1:
            raise DocumentInvalid("more than one credential is meant for every operation", cure="Pass one of them.")
        self._everywhere = direct[0] if direct else None
        for name in self._sources:
            if not _DIRECT.fullmatch(name) and name not in self._schemes:
                raise DocumentInvalid(f"the document has no security scheme {name!r}", cure=self._cure())

    def choose(
        self, operation: JsonObject, pointer: str, *, shows_certificate: bool = False
    ) -> tuple[CredentialBinding | None, tuple[ImportFault, ...]]:
        """The binding of the first security alternative that the operator's secrets satisfy. `shows_certificate`: the operator
        has named a client certificate, which satisfies `mutualTLS`.

        An operation that requires a credential and gets none is still a tool, and a fault says so: the upstream will refuse it,
        or does not mean its requirement. Raises OperationUnusable for a malformed requirement or scheme.
        """
        if self._everywhere is not None:
            return self._everywhere, ()
        own = "security" in operation
        required = operation["security"] if own else self._document.get("security", [])
        pointer = f"{pointer}/security" if own else "/security"
        if not isinstance(required, list) or not all(isinstance(alternative, dict) for alternative in required):
            raise OperationUnusable("`security` is not a list of objects", pointer=pointer)
        if shows_certificate:
            required = [self._beside_certificate(alternative) for alternative in required]
        for alternative in required:
            if len(alternative) == 1 and (source := self._sources.get(next(iter(alternative)))):
                return self._bind(source), ()
        if not required or {} in required:
            return None, ()
        return None, (_unsatisfied(required, pointer),)

    def requirements(self, operation: JsonObject) -> tuple[tuple[Requirement, ...], ...]:
        """The alternatives that the document names for an operation that `choose` has passed, in an order of their own."""
        alternatives = (sorted(map(self._requirement, one, one.values()), key=str) for one in self._required(operation))
        return tuple(sorted(map(tuple, alternatives), key=str))

    def _beside_certificate(self, alternative: dict[str, Any]) -> dict[str, Any]:
        """What is still required once a client certificate is shown."""
        return {name: scopes for name, scopes in alternative.items() if not self._is_certificate(name)}

    def _is_certificate(self, name: str) -> bool:
        try:
            scheme, _ = self._references.follow(self._schemes.get(name), f"/components/securitySchemes/{escape(name)}")
        except OperationUnusable:
            return False
        return scheme.get("type") == "mutualTLS"

    def _required(self, operation: JsonObject) -> list[dict[str, Any]]:
        required = operation.get("security", self._document.get("security", []))
        return [one for one in required if isinstance(one, dict)] if isinstance(required, list) else []

    def _requirement(self, name: str, scopes: Any) -> Requirement:
        try:
            scheme, _ = self._references.follow(self._schemes.get(name), f"/components/securitySchemes/{escape(name)}")
        except OperationUnusable:
            scheme = {}
        parts = [scheme.get(key) for key in ("type", "scheme", "in", "name")]
        kind = " ".join(part for part in parts if isinstance(part, str)) or name
        named = sorted(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else ()
        return Requirement(kind, tuple(named), token_sources(scheme))

    def _bind(self, source: CredentialSource) -> CredentialBinding:
        place = f"/components/securitySchemes/{escape(source.scheme)}"
        scheme, place = self._references.follow(self._schemes[source.scheme], place)
        return bind_scheme(scheme, place, source.path, source.field)

    def _cure(self) -> str:
        names = ", ".join(sorted(map(str, self._schemes))[:10])
        known = f"Use one of: {names}; or" if names else "The document declares none; use"
        return f"{known} `header:NAME`, `query:NAME` or `cookie:NAME`."


def _direct(source: CredentialSource) -> Iterator[CredentialBinding]:
    """For a document that forgot to declare it: `header:NAME` and its like name the place of an API key themselves."""
    if match := _DIRECT.fullmatch(source.scheme):
        scheme = {"type": "apiKey", "in": match[1], "name": match[2]}
        yield bind_scheme(scheme, "", source.path, source.field)


def _unsatisfied(required: list[dict[str, Any]], pointer: str) -> ImportFault:
    several = all(len(alternative) > 1 for alternative in required)
    need = "needs several credentials at once, which is not supported yet" if several else "requires a credential"
    return ImportFault(pointer, f"the operation {need}; it was imported without one", _CURE)
