"""A request as a person may see it: with a mask in each place that the runner is going to fill with a secret."""

from collections.abc import Iterable
from dataclasses import replace

from registry.calling.request import HttpRequest
from registry.credentials.kinds import shown
from registry.model.tool import CredentialBinding, ValuePlace

MASK = "[secret]"


def with_masked_secrets(request: HttpRequest, bindings: Iterable[CredentialBinding]) -> HttpRequest:
    for binding in bindings:
        for (place, name), text in shown(binding, MASK):
            request = _filled(request, place, name, text)
    return request


def _filled(request: HttpRequest, place: ValuePlace, name: str, value: str) -> HttpRequest:
    """As the runner does it: `sandbox/runner/inject.go`."""
    if place is ValuePlace.QUERY:
        return replace(request, url=f"{request.url}{'&' if '?' in request.url else '?'}{name}={value}")
    if place is ValuePlace.HEADER:
        others = tuple((known, sent) for known, sent in request.headers if known.lower() != name.lower())
        return replace(request, headers=(*others, (name, value)))
    cookies = [sent for known, sent in request.headers if known.lower() == "cookie"]
    others = tuple((known, sent) for known, sent in request.headers if known.lower() != "cookie")
    return replace(request, headers=(*others, ("Cookie", "; ".join((*cookies, f"{name}={value}")))))
