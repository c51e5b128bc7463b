"""Of what kinds the credentials are that an operation requires, by its document's own words alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from registry.model.import_fault import OperationUnusable
from registry.model.references import References
from registry.model.tool import JsonObject

#: As OpenAPI has them (OAuth Flows Object).
FLOWS = ("authorizationCode", "clientCredentials", "deviceAuthorization", "implicit", "password")
AWS, CERTIFICATE, OPENID, NO_FLOW = "AWS SigV4", "mutualTLS", "openIdConnect", "of no flow"
#: What Callgate has a kind of credential for, beside API keys and flows of OAuth 2.
_OFFERED = frozenset((AWS, CERTIFICATE, OPENID, "http basic", "http bearer"))
_PLACES = ("header", "query", "cookie")
#: By which AWS's documents say that their API key is a signature.
_AWS_MARKS = ("x-amazon-apigateway-authtype", "x-amazon-authtype")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """What one security scheme asks for. `place` and `name` say where an API key stands, a header's name in lower case; of a
    signature for AWS they are region and service."""

    kind: str
    place: str = ""
    name: str = ""

    @property
    def is_offered(self) -> bool:
        return self.kind in _OFFERED or self.is_key or (self.is_token and self.kind != OPENID)

    @property
    def is_key(self) -> bool:
        return self.kind == "apiKey" and self.place in _PLACES

    @property
    def is_token(self) -> bool:
        """Whether an authorization server gives it."""
        return self.kind == OPENID or self.kind.startswith("oauth2 ")

    def __str__(self) -> str:
        return " ".join(word for word in (self.kind, self.place, self.name) if word)


#: All that one alternative of a security requirement asks for together, in an order of its own.
Combination = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """`parts` and `scopes` are by the names of the document's schemes."""

    parts: dict[str, Part]
    scopes: dict[str, tuple[str, ...]]

    @property
    def is_offered(self) -> bool:
        return all(part.is_offered for part in self.parts.values())

    def __str__(self) -> str:
        return " and ".join(sorted({str(part) for part in self.parts.values()}))


class Schemes:
    """The security schemes of one document that `loading` has read, so that Swagger 2.0 has the words of OpenAPI 3."""

    def __init__(self, document: JsonObject) -> None:
        components = document.get("components")
        found = components.get("securitySchemes") if isinstance(components, dict) else None
        self._document, self._references = document, References(document)
        self._schemes: JsonObject = found if isinstance(found, dict) else {}
        self.parts = {name: self._part(name) for name in self._schemes}

    def alternatives(self, operation: JsonObject) -> list[Alternative]:
        """Those of an operation that ask for anything; none: it needs no credential."""
        required = operation.get("security", self._document.get("security", []))
        named = [one for one in required if isinstance(one, dict) and one] if isinstance(required, list) else []
        return [
            Alternative({name: self._part(name) for name in one}, {name: tuple(_single(one[name])) for name in one})
            for one in named
        ]

    def _part(self, name: str) -> Part:
        try:
            scheme, _ = self._references.follow(self._schemes.get(name), "/components/securitySchemes")
        except OperationUnusable:
            return Part("a scheme that the document does not declare")
        return part_of(scheme)


def part_of(scheme: JsonObject) -> Part:
    if any(str(scheme.get(mark)).lower() == "awssigv4" for mark in _AWS_MARKS):
        return Part(AWS)
    match scheme:
        case {"type": "apiKey", "in": str(place), "name": str(name)}:
            return Part("apiKey", place, name.lower() if place == "header" else name)
        case {"type": "http", "scheme": str(method)}:
            return Part(f"http {method.lower()}")
        case {"type": "oauth2"}:
            return Part(f"oauth2 {_flows(scheme.get('flows'))}")
        case {"type": "openIdConnect" | "mutualTLS" as kind}:
            return Part(kind)
    return Part(f"the type {scheme.get('type')}")


def _flows(declared: Any) -> str:
    return "+".join(flow for flow in FLOWS if flow in declared) or NO_FLOW if isinstance(declared, dict) else NO_FLOW


def _single(said: Any) -> Iterator[str]:
    """The scopes of a requirement, which may have several in one text."""
    for scope in said if isinstance(said, list) else ():
        if isinstance(scope, str):
            yield from scope.split()
