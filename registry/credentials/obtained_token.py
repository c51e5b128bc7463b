"""A token that an OAuth 2 token endpoint gives for the secret of a client (RFC 6749, RFC 6750): a box obtains it before the
call that needs it, and keeps it in Vault. The call's own box reads that token, and never the client's secret."""

from registry.credentials.consent import AUTHORIZATION_CODE, DEVICE_CODE, is_of_person
from registry.credentials.endpoint import is_endpoint
from registry.credentials.kind import CredentialKind
from registry.credentials.placement import BEARER, PLACEMENT, filled_by, is_placement, placement_of
from registry.credentials.token_grant import TokenGrant, read_grant
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, JsonObject

_NAME = "obtained_token"
_STORED = PLACEMENT | {"kind", "token"}
#: The field that the box writes, and a call reads.
_TOKEN = "access_token"  # noqa: S105 - a field's name

#: The document's flow for a grant (OpenAPI, OAuth Flows Object).
_FLOWS = {
    "client_credentials": "clientCredentials",
    AUTHORIZATION_CODE: "authorizationCode",
    DEVICE_CODE: "deviceAuthorization",
}
#: What else the document says of a flow in which a person is asked: our word, the flow and its word.
_OF_FLOWS = (
    ("authorization_url", "authorizationCode", "authorizationUrl", AUTHORIZATION_CODE),
    ("device_url", "deviceAuthorization", "deviceAuthorizationUrl", DEVICE_CODE),
)


def _problem(parameters: JsonObject) -> str | None:
    if unknown := sorted(parameters.keys() - _STORED):
        return f"a token that is obtained has no {', '.join(unknown)}"
    if not is_placement(placement_of(parameters)):
        return "a token that is obtained needs place and name: where the request carries it"
    try:
        read_grant(parameters.get("token", {}))
    except ValueError as problem:
        return str(problem)
    return None


def _reads(parameters: JsonObject) -> bool:
    return parameters.get("kind") == _NAME and _problem(parameters) is None


def parameters_of(settings: JsonObject, scheme: JsonObject, scopes: tuple[str, ...], pointer: str) -> JsonObject:
    """The parameters of what a manifest says, with what the document's security scheme has said. Raises OperationUnusable."""
    if not _takes_bearer(scheme):
        raise OperationUnusable("no token can be obtained for this security scheme", pointer=pointer)
    # A requirement may have several in one text, as they stand in a request (RFC 6749 §3.3).
    single = {one for scope in scopes for one in scope.split()}
    token: JsonObject = {"grant": _grant(scheme), "scopes": sorted(single)} | settings
    token.setdefault("token_url", _token_url(scheme, token["grant"]))
    if not token["token_url"]:
        raise OperationUnusable(
            f"the credential lacks a token_url: the document names none for {token['grant']}",
            pointer=pointer,
            cure=_cure(scheme),
        )
    if not is_endpoint(token["token_url"]):
        cure = "Write the endpoint's https URL as `token_url` in the manifest."
        raise OperationUnusable("the token URL is not an absolute https URL", pointer=pointer, cure=cure)
    if is_of_person(token["grant"]):
        token = _asking(scheme, token, pointer)
    stored = {name: value for name, value in token.items() if value}
    try:
        read_grant(stored)
    except ValueError as problem:
        raise OperationUnusable(str(problem), pointer=pointer, cure="Correct the credential's `token`.") from None
    return {"kind": _NAME, **BEARER, "token": stored}


def _takes_bearer(scheme: JsonObject) -> bool:
    match scheme:
        case {"type": "oauth2" | "openIdConnect"}:
            return True
        case {"type": "http", "scheme": str(method)}:
            return method.lower() == "bearer"
    return False


def _grant(scheme: JsonObject) -> str:
    """What the document declares, where the manifest does not say."""
    flows = scheme.get("flows")
    known = (grant for grant, flow in _FLOWS.items() if isinstance(flows, dict) and flow in flows)
    return next(known, "client_credentials")


def _token_url(scheme: JsonObject, grant: str) -> str:
    """That of the grant's own flow; else the only one there is."""
    flows = scheme.get("flows")
    flows = flows if scheme.get("type") == "oauth2" and isinstance(flows, dict) else {}
    named = {name: flow["tokenUrl"] for name, flow in flows.items() if isinstance(flow, dict) and flow.get("tokenUrl")}
    others = set(map(str, named.values()))
    return str(named.get(_FLOWS.get(grant, ""), others.pop() if len(others) == 1 else ""))


def _asking(scheme: JsonObject, token: JsonObject, pointer: str) -> JsonObject:
    """With where a person is asked. Raises OperationUnusable, which names what neither manifest nor document says."""
    told = token | {
        name: said for name, flow, word, _ in _OF_FLOWS if name not in token and (said := _said(scheme, flow, word))
    }
    needed = ["client_id", *(name for name, _, _, grant in _OF_FLOWS if grant == token["grant"])]
    if lacking := [name for name in needed if not told.get(name)]:
        message = f"the credential lacks {' and '.join(lacking)}: {token['grant']} needs that, and the document does not say it"
        raise OperationUnusable(message, pointer=pointer, cure=f"Write {_quoted(lacking)} in the credential's `token`.")
    return told


def _said(scheme: JsonObject, flow: str, word: str) -> str:
    flows = scheme.get("flows")
    found = flows.get(flow) if scheme.get("type") == "oauth2" and isinstance(flows, dict) else None
    said = found.get(word) if isinstance(found, dict) else None
    return said if isinstance(said, str) else ""


def _quoted(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _cure(scheme: JsonObject) -> str:
    if scheme.get("type") == "openIdConnect":
        return f"Write as `token_url` what {str(scheme.get('openIdConnectUrl', ''))[:500]} calls `token_endpoint`."
    return "Write `token_url` in the credential's `token`."


def _fields(_: CredentialBinding) -> tuple[str, ...]:
    return (_TOKEN,)


def _obtains(binding: CredentialBinding) -> TokenGrant:
    return read_grant(binding.kind_parameters["token"])


OBTAINED_TOKEN = CredentialKind(
    name=_NAME,
    parameters=_STORED,
    reads=_reads,
    from_scheme=lambda _scheme, _pointer: None,
    occupies=filled_by,
    for_runner=placement_of,
    fields=_fields,
    problem=_problem,
    obtains=_obtains,
)
