"""How a list goes on, where the parameters and the answer of a document make it plain: a proposal for the manifest."""

from collections.abc import Iterator
from typing import Any

from registry.model.json_pointer import definition_name, joined
from registry.model.shaping import PaginationKind
from registry.model.tool import Draft, JsonObject, ValuePlace

#: Names without case, `_` and `-`. By such a parameter a cursor is asked for, and by such a member of an answer it is told.
_CURSORS = frozenset(("cursor", "pagetoken", "nexttoken", "nextpagetoken", "continuationtoken", "startcursor", "after"))
_NEXT_CURSORS = frozenset(("nextcursor", "nextpagetoken", "nexttoken", "continuationtoken", "nextpagecursor"))
_PAGES = frozenset(("page", "pagenumber", "pageno", "pageindex"))
_OFFSETS = frozenset(("offset", "skip", "startat", "startindex"))
_MORE = frozenset(("hasmore",))

#: References that are followed, for a list of a type that has itself in it.
_STEPS = 16


def proposed_pages(draft: Draft) -> JsonObject | None:
    """The `pagination` of a manifest that says how this list goes on. None where it is none, or that is not plain."""
    if draft.effect.acts or draft.container is not None:
        return None
    items = _items(draft)
    return None if items is None else next(_kinds(draft, items), None)


def _kinds(draft: Draft, items: str) -> Iterator[JsonObject]:
    """All that fit, the surest first."""
    asked = {
        _plain(one.name): one.argument
        for one in draft.operation.parameters
        if one.place is ValuePlace.QUERY and not one.filling
    }
    more = next((pointer for name, pointer in _members(draft) if name in _MORE), "")
    told = {"more": more} if more else {}
    if any(header.name == "link" for one in draft.responses if one.status.startswith("2") for header in one.headers):
        yield {"kind": PaginationKind.LINK.value, "items": items}
    following = next((pointer for name, pointer in _members(draft) if name in _NEXT_CURSORS), "")
    if following and (argument := _first(asked, _CURSORS)):
        yield {"kind": PaginationKind.CURSOR.value, "items": items, "next": following, "argument": argument, **told}
    if more and "startingafter" in asked and _has_id(draft, items):
        cursor = {"kind": PaginationKind.CURSOR.value, "items": items, "next": f"{items}/-/id"}
        yield {**cursor, "argument": asked["startingafter"], **told}
    for kind, names in ((PaginationKind.PAGE, _PAGES), (PaginationKind.OFFSET, _OFFSETS)):
        if argument := _first(asked, names):
            yield {"kind": kind.value, "items": items, "argument": argument, **told}


def _first(asked: dict[str, str], names: frozenset[str]) -> str:
    return next((argument for name, argument in asked.items() if name in names), "")


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _items(draft: Draft) -> str | None:
    """Where the one array of the answer is: it itself, or the only one of its members. None where there is no such."""
    schema = _resolved(draft, draft.output_schema)
    if _is(schema, "array"):
        return ""
    lists = [name for name, one in schema.get("properties", {}).items() if _is(_resolved(draft, one), "array")]
    return joined(lists) if len(lists) == 1 else None


def _has_id(draft: Draft, items: str) -> bool:
    schema = _resolved(draft, draft.output_schema)
    for name in items.split("/")[1:]:
        schema = _resolved(draft, schema.get("properties", {}).get(name))
    return "id" in _resolved(draft, schema.get("items")).get("properties", {})


def _members(draft: Draft) -> Iterator[tuple[str, str]]:
    """The members of the answer, and those of its members, by their plain names, each with its pointer."""
    top = _resolved(draft, draft.output_schema).get("properties", {})
    for name in top:
        yield _plain(name), joined((name,))
    for name, one in top.items():
        for inner in _resolved(draft, one).get("properties", {}):
            yield _plain(inner), joined((name, inner))


def _resolved(draft: Draft, schema: Any) -> JsonObject:
    definitions = (draft.output_schema or {}).get("$defs", {})
    for _ in range(_STEPS):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        schema = definitions.get(definition_name(schema["$ref"]))
    return schema if isinstance(schema, dict) else {}


def _is(schema: JsonObject, kind: str) -> bool:
    kinds = schema.get("type", ())
    return kind == kinds or (isinstance(kinds, list) and kind in kinds)
