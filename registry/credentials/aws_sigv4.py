"""An access key of AWS's, which signs requests (Signature Version 4): an id, a secret and, of a session, a token.

AWS's own documents declare it as an API key in the header Authorization, and say by an extension that it is none."""

from urllib.parse import urlsplit

from registry.credentials.aws_hosts import scope_of
from registry.credentials.kind import CredentialKind, RequestField
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, JsonObject, ValuePlace

_NAME = "aws_sigv4"
_MARKS = ("x-amazon-apigateway-authtype", "x-amazon-authtype")
#: In `info`, of documents that are made of AWS's models.
_SERVICE = "x-aws-signingName"
_ID, _TOKEN = "access_key_field", "session_token_field"
_STORED = frozenset(("kind", _ID, _TOKEN, "region", "service"))
_FILLED = ("Authorization", "X-Amz-Date", "X-Amz-Content-Sha256")
_SESSION = "X-Amz-Security-Token"
#: What a signature in the query has, and AWS's documents declare as headers of every operation.
_OF_QUERY = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders")


def _reads(parameters: JsonObject) -> bool:
    texts = all(isinstance(one, str) and one for one in parameters.values())
    return parameters.get("kind") == _NAME and {"kind", _ID} <= parameters.keys() <= _STORED and texts


def _problem(parameters: JsonObject) -> str | None:
    if _ID not in parameters:
        return (
            "AWS's signature is made of an access key's id and its secret, not of one field: name access_key_field and "
            "secret_key_field in the manifest, or PATH#ID_FIELD:SECRET_FIELD in a command"
        )
    unknown = sorted(parameters.keys() - _STORED)
    return f"AWS's signature has no {', '.join(unknown)}" if unknown else None


def _from_scheme(scheme: JsonObject, _: str) -> JsonObject | None:
    return {"kind": _NAME} if any(str(scheme.get(mark)).lower() == "awssigv4" for mark in _MARKS) else None


def _headers(*names: str) -> tuple[RequestField, ...]:
    return tuple((ValuePlace.HEADER, name) for name in names)


def _occupies(parameters: JsonObject) -> tuple[RequestField, ...]:
    return _headers(*_FILLED, *((_SESSION,) if _TOKEN in parameters else ()))


def _complete(parameters: JsonObject, server: str, info: JsonObject) -> JsonObject:
    host = urlsplit(server).hostname or ""
    told, named = scope_of(host), info.get(_SERVICE)
    service = named if isinstance(named, str) and told.service else told.service
    own = {key: parameters[key] for key in ("region", "service") if key in parameters}
    scope = {"region": told.region, "service": service} | own
    if lacking := " and ".join(key for key, value in scope.items() if not value):
        message = f"a signature for AWS needs the {lacking}, which the host {host} does not tell"
        raise OperationUnusable(message, pointer="", cure=f"Name {lacking} beside the credential's path in the manifest.")
    return parameters | scope


def _shown(parameters: JsonObject, mask: str) -> tuple[tuple[RequestField, str], ...]:
    scope = f"[day]/{parameters.get('region')}/{parameters.get('service')}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={mask}/{scope}, Signature={mask}"
    session = ((_headers(_SESSION)[0], mask),) if _TOKEN in parameters else ()
    return ((_headers("Authorization")[0], signed), (_headers("X-Amz-Date")[0], "[time]"), *session)


def _fields(binding: CredentialBinding) -> tuple[str, ...]:
    said = binding.kind_parameters
    return (said[_ID], binding.field, *((said[_TOKEN],) if _TOKEN in said else ()))


AWS_SIGV4 = CredentialKind(
    name=_NAME,
    parameters=_STORED,
    reads=_reads,
    from_scheme=_from_scheme,
    occupies=_occupies,
    for_runner=lambda parameters: {key: parameters[key] for key in ("region", "service")},
    fields=_fields,
    first_field=_ID,
    needs_two=True,
    problem=_problem,
    complete=_complete,
    withholds=_headers(_SESSION, *_OF_QUERY),
    shown=_shown,
)
