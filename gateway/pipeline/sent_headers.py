"""The headers with which a request leaves a box, but for its secret: those of the request, and what the gateway adds."""

from collections.abc import Iterator
from importlib.metadata import version as release_of

from registry.calling.request import HttpRequest
from registry.credentials.kinds import occupied
from registry.model.tool import Draft, ValuePlace

#: What the gateway calls itself, where neither the document nor the manifest says another name. Many APIs refuse a request
#: without any.
USER_AGENT = f"callgate/{release_of('callgate-server')}"


def sent_headers(draft: Draft, request: HttpRequest, key: str) -> Iterator[tuple[str, str]]:
    """`key`: the upstream's idempotency key, where it takes one: never a caller's own."""
    upstream_key = draft.upstream_key
    for name, value in request.headers:
        if upstream_key is None or name.lower() != upstream_key.header.lower():
            yield name, value
    if upstream_key is not None:
        yield upstream_key.header, key
    if "user-agent" not in _named(draft, request):
        yield "User-Agent", USER_AGENT


def _named(draft: Draft, request: HttpRequest) -> set[str]:
    """In lower case: the headers that the request has, and those that the credential is going to fill."""
    filled = {name.lower() for place, name in occupied(draft.credentials) if place is ValuePlace.HEADER}
    return filled | {name.lower() for name, _ in request.headers}
