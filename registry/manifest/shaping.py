"""What a manifest says of answers, `view` and `pagination`, held against what can be done."""

from collections.abc import Iterator

from registry.manifest.manifest import Manifest
from registry.model.json_pointer import tokens
from registry.model.media_types import is_json
from registry.model.projection import ProjectionInvalid, require_projection
from registry.model.shaping import Pagination, PaginationKind
from registry.model.tool import Draft, ValuePlace


def projection_problems(manifest: Manifest) -> Iterator[tuple[str, ProjectionInvalid]]:
    """Each projection that is none, with the pointer of its place."""
    for place, settings in manifest.places():
        if expression := (settings.get("view") or {}).get("projection"):
            try:
                require_projection(expression)
            except ProjectionInvalid as error:
                yield f"{place}/view/projection", error


def contradictions_of_pages(draft: Draft) -> Iterator[str]:
    """Why the draft's pages cannot be fetched, each as the end of a sentence."""
    paged = draft.pagination
    if paged is None:
        return
    if draft.container is not None:
        yield "a container tool's program fetches pages by itself"
    elif draft.effect.acts:
        yield f"pagination is for READ and PURE tools, and this one is {draft.effect}"
    elif paged.kind is PaginationKind.CURSOR and not paged.next:
        yield "pagination by cursor needs `next`, where the answer has the cursor"
    elif paged.kind is PaginationKind.LINK and paged.argument:
        yield "pagination by link takes no `argument`: the link says all"
    elif paged.kind is not PaginationKind.LINK:
        yield from _of_argument(draft, paged)


def _of_argument(draft: Draft, paged: Pagination) -> Iterator[str]:
    if not paged.argument:
        yield f"pagination by {paged.kind} needs `argument`, which takes the {paged.kind}"
        return
    if paged.argument.startswith("/"):
        yield from _of_body(draft, paged)
        return
    one = next((one for one in draft.operation.parameters if paged.argument in (one.argument, one.name)), None)
    if one is None:
        named = ", ".join(one.argument for one in draft.operation.parameters if one.place is ValuePlace.QUERY)
        yield f"pagination names the argument {paged.argument!r}, and those of the query are {named or 'none'}"
    elif one.place is not ValuePlace.QUERY or one.media_type is not None:
        yield f"pagination names the argument {paged.argument!r}, which is no plain parameter of the query"
    elif one.filling is not None:
        yield f"pagination names the argument {paged.argument!r}, for which `arguments` gives a value"


def _of_body(draft: Draft, paged: Pagination) -> Iterator[str]:
    body, steps = draft.operation.body, tokens(paged.argument)
    if body is None or len(steps) < 2 or steps[0] != body.argument or not is_json(body.media_type):  # noqa: PLR2004 - the body, and a name in it
        known = f"/{body.argument}/NAME" if body and is_json(body.media_type) else "none, for the request has no JSON body"
        yield f"pagination names {paged.argument!r}, and what can be named so is {known}"
    elif body.filling is not None:
        yield f"pagination names {paged.argument!r}, and `arguments` gives the body"
