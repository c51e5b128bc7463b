"""Whose mistake a refusal of Prism's is: Callgate's, unless a known limit of Prism, or of the document, explains it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from registry.calling.request import HttpRequest
from registry.model.media_types import MediaKind, kind_of
from registry.model.tool import Draft
from registry.schema.subschemas import schemas_in
from registry.verify.known_judge_limits import Whose

Concerns = Callable[[Draft, HttpRequest], bool]


def whose(draft: Draft, request: HttpRequest, refusal: str, *, mended: bool) -> tuple[Whose, str]:
    """Whose mistake it is, and why: the limit that explains it, or Prism's own words."""
    if mended:
        return Whose.JUDGE, "the document's schema allows nothing as it stands, and the tool takes it as it must be meant"
    for limit in _LIMITS:
        if re.search(limit.matches, refusal) and limit.concerns(draft, request):
            return Whose.JUDGE, limit.why
    return Whose.OURS, refusal[:300]


def _always(draft: Draft, request: HttpRequest) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Limit:
    """It explains a refusal if the text `matches` and it `concerns` the request."""

    matches: str
    why: str
    concerns: Concerns = _always


def _tells_apart(draft: Draft, _: HttpRequest) -> bool:
    """Whether a discriminator's mapping tells alternatives apart (`registry.schema.discriminator`)."""
    members = (one for schema in schemas_in(draft.input_schema) for one in schema.get("oneOf", ()) if isinstance(one, dict))
    return any(len(one.get("allOf", ())) == 2 and "required" in one["allOf"][1] for one in members)  # noqa: PLR2004 - its two


def _body_is(*kinds: MediaKind) -> Concerns:
    def concerns(draft: Draft, _: HttpRequest) -> bool:
        body = draft.operation.body
        return body is not None and kind_of(body.media_type) in kinds

    return concerns


def _has_a_query_in_its_path(draft: Draft, _: HttpRequest) -> bool:
    return "?" in draft.operation.path


_LIMITS: tuple[_Limit, ...] = (
    _Limit("NO_(PATH|METHOD)_MATCHED", "Prism knows no path templates with a query in them", _has_a_query_in_its_path),
    _Limit(
        "header must have required property '(authorization|accept|content-type|host|cookie)'",
        "the document requires a header that a credential or the gateway itself fills, and no argument",
    ),
    _Limit(
        "must be array", "Prism takes a list of one item in a form for the item", _body_is(MediaKind.FORM, MediaKind.MULTIPART)
    ),
    _Limit("No supported content types", "a document of Swagger 2.0 without `consumes` says nothing of media types"),
    _Limit("body: Request body must be", "Prism compares the bytes of a body with its schema", _body_is(MediaKind.BINARY)),
    _Limit("exactly one schema in oneOf", "Prism does not heed the mapping of a discriminator", _tells_apart),
    _Limit("body: Request body must be string", "Prism takes every form for an object", _body_is(MediaKind.FORM)),
)
