"""Overlays (OpenAPI Overlay Specification 1.0 to 1.2): an operator's changes to a vendor's document, before it is read.

An overlay is a list of actions, each on the result of the one before. What an action selects is changed: updated by a value,
updated by a copy of another place, or removed.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import orjson

from registry.document.json_path import Place, QueryRefused, places
from registry.model.errors import DocumentTooLarge, ManifestInvalid
from registry.model.import_fault import ImportFault
from registry.model.json_limits import DOCUMENT_NODES, count_nodes
from registry.model.json_pointer import find
from registry.model.tool import JsonObject

#: Actions of one overlay.
ACTIONS = 1_000
_VERSIONS = re.compile(r"1\.[0-9]+(\.[0-9]+)?(-.+)?")
_REUSABLE = "#/components/actions/"
_CURE = "Correct the overlay; https://spec.openapis.org/overlay/latest.html says what it may hold."
_CURE_OF_NOTHING = (
    "Correct its JSONPath, or remove the action: the document may no longer have what it is for. What stands behind a `$ref` "
    "is selected at the place that the `$ref` names."
)


def apply_overlays(document: Any, overlays: list[Any]) -> tuple[Any, tuple[ImportFault, ...]]:
    """What the overlays make of the document, and a fault for each action that selects nothing.

    Raises ManifestInvalid, with the overlay's and the action's number, and DocumentTooLarge.
    """
    changing = _Changing(orjson.loads(orjson.dumps(document)))  # no part of it stands in two places
    for number, overlay in enumerate(overlays):
        for index, action in enumerate(_actions(overlay, number)):
            changing.act(action, f"/{number}/actions/{index}")
    return changing.document, tuple(changing.faults)


def _actions(overlay: Any, number: int) -> Iterator[JsonObject]:
    """Each action whole: one that refers to a reusable one (1.2) has that one's fields, too."""
    if not isinstance(overlay, dict) or not _VERSIONS.fullmatch(str(overlay.get("overlay", ""))):
        raise _invalid(f"/{number}", "no overlay of a version that is read: it needs `overlay: 1.0.0`, or another 1.x")
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not 0 < len(actions) <= ACTIONS:
        raise _invalid(f"/{number}/actions", f"`actions` must be a list of 1 to {ACTIONS:,}")
    for index, action in enumerate(actions):
        whole = _whole(action, overlay) if isinstance(action, dict) else None
        if whole is None or not isinstance(whole.get("target"), str):
            raise _invalid(f"/{number}/actions/{index}", "an action must have a `target`")
        if not isinstance(whole.get("remove", False), bool):
            raise _invalid(f"/{number}/actions/{index}/remove", "`remove` must be true or false")
        yield whole


def _whole(action: JsonObject, overlay: JsonObject) -> JsonObject | None:
    reference = action.get("$ref")
    if reference is None:
        return action
    found = find(reference[1:], overlay) if isinstance(reference, str) and reference.startswith(_REUSABLE) else []
    fields = found[0].get("fields") if found and isinstance(found[0], dict) else None
    return fields | {key: value for key, value in action.items() if key != "$ref"} if isinstance(fields, dict) else None


class _Changing:
    def __init__(self, document: Any) -> None:
        self.document = document
        self.faults: list[ImportFault] = []

    def act(self, action: JsonObject, pointer: str) -> None:
        targets = self._places(action["target"], f"{pointer}/target")
        if not targets:
            message = f"the action selects nothing: {action['target'][:200]}"
            self.faults.append(ImportFault(f"overlays:{pointer}/target", message, _CURE_OF_NOTHING))
        elif action.get("remove") is True:
            self._remove(targets, pointer)
        elif "copy" in action:
            self._update(targets, self._copied(action["copy"], f"{pointer}/copy"), pointer)
        elif "update" in action:
            self._update(targets, action["update"], pointer)
        else:
            message = "the action changes nothing: it has neither `update`, `copy` nor `remove: true`"
            self.faults.append(ImportFault(f"overlays:{pointer}", message, _CURE))

    def _places(self, query: Any, pointer: str) -> list[Place]:
        if not isinstance(query, str):
            raise _invalid(pointer, "a JSONPath is expected here")
        try:
            return places(query, self.document)
        except QueryRefused as refused:
            raise _invalid(pointer, str(refused)) from None

    def _copied(self, query: Any, pointer: str) -> Any:
        found = self._places(query, pointer)
        if len(found) != 1:
            raise _invalid(pointer, f"a copy needs one place, and its JSONPath selects {len(found):,}")
        return deepcopy(_at(self.document, found[0]))  # as it is before any target changes, which may lie in it

    def _remove(self, targets: list[Place], pointer: str) -> None:
        for place in _from_the_last(targets):
            if not place:
                raise _invalid(pointer, "the whole document cannot be removed")
            del _at(self.document, place[:-1])[place[-1]]

    def _update(self, targets: list[Place], update: Any, pointer: str) -> None:
        if count_nodes(update) * len(targets) > DOCUMENT_NODES:
            raise DocumentTooLarge(f"the action at {pointer} of the overlays makes more than {DOCUMENT_NODES:,} values")
        for place in _from_the_last(targets):
            self._put(place, _merged(_at(self.document, place), deepcopy(update), pointer))

    def _put(self, place: Place, value: Any) -> None:
        if place:
            _at(self.document, place[:-1])[place[-1]] = value
        else:
            self.document = value


def _from_the_last(places: list[Place]) -> list[Place]:
    """What lies in another one, before that: each is still where it was when it was selected, whatever was changed before."""
    return sorted(places, key=_order, reverse=True)


def _order(place: Place) -> tuple[tuple[int, str | int], ...]:
    """Places in the order of the document: of one container, all steps are of one type."""
    return tuple((isinstance(step, str), step) for step in place)


def _at(document: Any, place: Place) -> Any:
    for step in place:
        document = document[step]
    return document


def _merged(target: Any, update: Any, pointer: str) -> Any:
    """Objects are merged, and lists joined; an entry is appended to a list; any other value takes the place of the old one."""
    if isinstance(target, list):
        target += update if isinstance(update, list) else [update]
        return target
    if isinstance(target, dict):
        if not isinstance(update, dict):
            raise _invalid(pointer, "an object can only be updated by an object")
        return _into(target, update)
    if isinstance(update, dict | list):
        raise _invalid(pointer, "it selects a text, a number or the like, which no object or list can update")
    return update


def _into(target: JsonObject, update: JsonObject) -> JsonObject:
    """As deep as `json_limits` allows."""
    for key, value in update.items():
        known = target.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            _into(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            known += value
        else:
            target[key] = value
    return target


def _invalid(pointer: str, message: str) -> ManifestInvalid:
    return ManifestInvalid(f"overlays:{pointer}: {message}", cure=_CURE)
