"""A key that signs requests (HMAC, RFC 2104) in the way that the operator declares, since no document can.

`place` and `name` say where the signature goes, and `value` what is around it there: a template with `{signature}`. `sign` is
the template of what is signed: `{method}`, `{host}`, `{target}` (path and query), `{path}`, `{query}` (as the request line has
them, without the signature), `{body}`, `{digest}` (of the body, by the same algorithm and encoding), `{timestamp}`, `{nonce}`,
`{key_id}`, and any other text as it is. `timestamp`, `nonce`, `key_id` and `digest` say where these go, as `header:NAME` or
`query:NAME`; what goes nowhere may be signed all the same.
"""

import re
from typing import Any

from registry.credentials.kind import CredentialKind, RequestField
from registry.model.tool import CredentialBinding, JsonObject, ValuePlace

_NAME = "hmac_signature"
_ID = "key_id_field"
_REQUIRED = frozenset(("kind", "place", "name", "algorithm", "encoding", "sign"))
_PLACED = ("key_id", "timestamp", "nonce", "digest")
_STORED = _REQUIRED | frozenset(("value", "key_encoding", "timestamp_form", _ID, *_PLACED))
_CHOICES = {
    "place": ("header", "query"),
    "algorithm": ("sha1", "sha256", "sha512"),
    "encoding": ("hex", "base64"),
    "key_encoding": ("hex", "base64"),
    "timestamp_form": ("milliseconds", "iso8601", "http_date"),
}
_NAMED = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 §5.6.2
_PLACE = re.compile(rf"(header|query):({_NAMED})")
_WORD = re.compile(r"\{([^{}]*)\}")
_WORDS = frozenset(("method", "host", "target", "path", "query", "body", "digest", "timestamp", "nonce", "key_id"))
#: What tells one request from another. A signature without one of them would be a password.
_OF_REQUEST = frozenset(("method", "target", "path", "query", "body", "digest", "timestamp", "nonce"))
_AROUND = frozenset(("signature", "timestamp", "nonce", "key_id", "digest"))


def _problem(parameters: JsonObject) -> str | None:
    return next((problem for check in (_of_words, _of_templates, _of_key_id) if (problem := check(parameters))), None)


def _of_words(said: JsonObject) -> str | None:
    if lacking := sorted(_REQUIRED - said.keys()):
        return f"a signature by HMAC needs {', '.join(lacking)}"
    if unknown := sorted(said.keys() - _STORED):
        return f"a signature by HMAC has no {', '.join(unknown)}"
    if not all(isinstance(one, str) for one in said.values()):
        return "a signature by HMAC is described by texts"
    wrong = (name for name, known in _CHOICES.items() if name in said and said[name] not in known)
    wrong_places = (name for name in _PLACED if name in said and not _PLACE.fullmatch(said[name]))
    if name := next(wrong, None):
        return f"{name} is one of {', '.join(_CHOICES[name])}, not {said[name][:40]!r}"
    if name := next(wrong_places, None):
        return f"{name} goes to header:NAME or query:NAME, not to {said[name][:40]!r}"
    return None if re.fullmatch(_NAMED, said["name"]) else "the name of the signature's place cannot be sent"


def _of_templates(said: JsonObject) -> str | None:
    for name, known in (("sign", _WORDS), ("value", _AROUND)):
        template = said.get(name, "{signature}" if name == "value" else "")
        if strange := sorted(set(_WORD.findall(template)) - known):
            return f"{name} has {{{strange[0][:40]}}}, which is none of {', '.join(f'{{{one}}}' for one in sorted(known))}"
        if re.search(r"[{}]", _WORD.sub("", template)):
            return f"{name} has a brace that belongs to no word such as {{body}}"
    if not _used(said, "sign") & _OF_REQUEST:
        return "sign names nothing of the request, so that every request would have the same signature"
    if "signature" not in _used(said, "value", "{signature}"):
        return "value lacks {signature}"
    return "value is more than one line" if re.search(r"[\x00-\x1f\x7f]", said.get("value", "")) else None


def _of_key_id(said: JsonObject) -> str | None:
    uses = "key_id" in said or "key_id" in _used(said, "sign") | _used(said, "value")
    if uses and _ID not in said:
        return "the key's id is used, and key_id_field does not name the field of the secret that has it"
    places = [
        (said["place"], said["name"].lower()),
        *(tuple(said[name].lower().split(":", 1)) for name in _PLACED if name in said),
    ]
    return "two of its parts go to the same place of the request" if len(set(places)) < len(places) else None


def _used(said: JsonObject, name: str, otherwise: str = "") -> set[str]:
    return set(_WORD.findall(said.get(name, otherwise)))


def _reads(parameters: JsonObject) -> bool:
    return parameters.get("kind") == _NAME and _problem(parameters) is None


def _from_scheme(scheme: JsonObject, _: str) -> JsonObject | None:
    """Of a manifest that says the rest: without it, such a scheme is an API key."""
    match scheme:
        case {"type": "apiKey", "in": "header" | "query" as place, "name": str(name)}:
            return {"kind": _NAME, "place": place, "name": name}
    return None


def _placed(said: JsonObject) -> dict[str, RequestField]:
    """Where each part goes, the signature first."""
    signature: dict[str, RequestField] = {"signature": (ValuePlace(said["place"]), said["name"])}
    return signature | {name: _field(said[name]) for name in _PLACED if name in said}


def _field(where: str) -> RequestField:
    place, _, name = where.partition(":")
    return ValuePlace(place), name


def _shown(said: JsonObject, mask: str) -> tuple[tuple[RequestField, str], ...]:
    told = {"signature": mask, "key_id": mask, "timestamp": "[time]", "nonce": "[nonce]", "digest": "[digest of the body]"}
    around: str = _WORD.sub(lambda word: told[word[1]], said.get("value", "{signature}"))
    signature, *others = _placed(said).items()
    return (*((field, told[name]) for name, field in others), (signature[1], around))


def _fields(binding: CredentialBinding) -> tuple[str, ...]:
    key_id: Any = binding.kind_parameters.get(_ID)
    return (binding.field, key_id) if key_id else (binding.field,)


HMAC_SIGNATURE = CredentialKind(
    name=_NAME,
    parameters=_STORED,
    reads=_reads,
    from_scheme=_from_scheme,
    occupies=lambda said: tuple(_placed(said).values()),
    for_runner=lambda said: {name: value for name, value in said.items() if name not in ("kind", _ID)},
    fields=_fields,
    problem=_problem,
    shown=_shown,
)
