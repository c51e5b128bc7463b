"""Arguments as a reviewer may see them: secret and long values replaced.

A value is secret where its schema says so (`writeOnly`, `format: password`), or its name does, also in a text that is a JSON
object or list. A reviewer, who decides what became of a call, must see what it was about, so all other values stay.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import orjson

from registry.calling.arguments import DEPTH
from registry.calling.secret_names import is_declaration, is_in_digits, is_secret, named_value
from registry.model.clean_text import clean, is_suspect
from registry.model.json_limits import is_deeper, is_light
from registry.model.json_pointer import find
from registry.model.tool import JsonObject

REDACTED = "[redacted]"
#: Characters of a text that are shown.
LONGEST = 200
#: Levels of values that are shown.
DEEPEST = 16
#: Looks at a schema for a value, after which nothing more is shown: some hundredths of a second of work, and more than a person
#: reads.
MOST_LOOKS = 20_000
#: The same for what is kept: some tenths of a second of work, for the largest arguments.
MOST_LOOKS_WHOLE = 400_000
_BEYOND = "[more than is shown]"

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("if", "then", "else")


def redact(arguments: JsonObject, schema: JsonObject) -> JsonObject:
    """A copy of the arguments with the values replaced that the tool's input schema, or their names, say are secret."""
    shown = _value(arguments, _Places(schema, _Looks()).at(schema), 0)
    return shown if isinstance(shown, dict) else dict.fromkeys(arguments, REDACTED)


def redact_secrets(arguments: JsonObject, schema: JsonObject, hidden: set[str] | None = None) -> JsonObject:
    """The same for what is kept, in which all else stays as it is: long texts, and below a secret name what is neither a text
    nor written in digits. `hidden` takes the texts and numbers that were replaced."""
    looks = _Looks(MOST_LOOKS_WHOLE, whole=True, hidden=set() if hidden is None else hidden)
    shown = _value(arguments, _Places(schema, looks).at(schema), 0)
    return shown if isinstance(shown, dict) else dict.fromkeys(arguments, looks.hide(arguments))


@dataclass(slots=True)
class _Looks:
    left: int = MOST_LOOKS
    whole: bool = False
    hidden: set[str] = field(default_factory=set)

    def take(self, number: int = 1) -> bool:
        """Whether so many more are left."""
        self.left -= number
        return self.left >= 0

    def hide(self, value: Any) -> str:
        """What stands in the place of a value."""
        level = [value]
        while level:
            one = level.pop()
            level += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            if isinstance(one, str | int | float) and not isinstance(one, bool):
                self.hidden.add(str(one))
        return REDACTED


@dataclass(frozen=True, slots=True)
class _Places:
    """All schemas that may apply to one value. `root` has the definitions that they refer to."""

    root: Any
    looks: _Looks
    schemas: tuple[JsonObject, ...] = ()
    secret: bool = False

    def at(self, *schemas: Any) -> "_Places":
        """`schemas` and all that they lead to. Every alternative counts: a value that one of them calls secret is secret."""
        found: dict[int, JsonObject] = {}
        left = [*schemas]
        while left and self.looks.take():
            schema = left.pop()
            if isinstance(schema, dict) and id(schema) not in found:
                found[id(schema)] = schema
                left += [one for keyword in _LISTS for one in schema.get(keyword, ())]
                left += [schema.get(keyword) for keyword in _SINGLE]
                left += find(unquote(schema.get("$ref", "#").removeprefix("#")), self.root) if "$ref" in schema else []
        schemas = tuple(found.values())
        secret = any(one.get("writeOnly") is True or one.get("format") == "password" for one in schemas)
        return _Places(self.root, self.looks, schemas, secret)

    def property(self, name: str) -> "_Places":
        schemas = self.schemas if self.looks.left > 0 else ()
        return self.at(*(one.get("properties", {}).get(name, one.get("additionalProperties")) for one in schemas))

    def items(self) -> "_Places":
        schemas = self.schemas if self.looks.left > 0 else ()
        return self.at(*(one.get("items") for one in schemas), *(s for one in schemas for s in one.get("prefixItems", ())))


def _cleaned(name: str, looks: _Looks) -> str | None:
    """What a name says, whatever is hidden in it; None where too many were looked at. To clean one takes two microseconds for
    each character."""
    if not is_suspect(name):
        return name
    return clean(name) if looks.take(len(name)) else None


def _member(name: str, value: Any, places: _Places, depth: int, *, parent: str) -> Any:
    """The value of a member that has this name, or that stands beside it."""
    looks, plain = places.looks, _cleaned(name, places.looks)
    if plain is not None and not is_secret(plain):
        return _value(value, places.property(name), depth + 1, name)
    if not looks.whole:
        return looks.hide(value)
    if is_declaration(parent, value):
        return _value(value, places.property(name), depth + 1, name)
    return _without_texts(value, places.property(name), digits=plain is None or is_in_digits(plain))


def _without_texts(value: Any, places: _Places, *, digits: bool) -> Any:
    """Of what stays whole: `max_tokens` is a number, and whether there is a password is a word of JSON."""
    looks = places.looks
    if not looks.take() or places.secret:
        return looks.hide(value) if places.secret else _BEYOND
    if isinstance(value, dict):
        return {name: _without_texts(item, places.property(name), digits=digits) for name, item in value.items()}
    if isinstance(value, list):
        items = places.items()
        return [_without_texts(item, items, digits=digits) for item in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return looks.hide(value) if isinstance(value, str) or (digits and is_number) else value


def _value(value: Any, places: _Places, depth: int, named: str = "") -> Any:
    if not places.looks.take():
        return _BEYOND
    if places.secret or (depth > DEEPEST and not places.looks.whole):
        return places.looks.hide(value) if places.secret else "[nested deeper than is shown]"
    if isinstance(value, dict):
        return _object(value, places, depth, named)
    if isinstance(value, list):
        items = places.items()
        return [_value(item, items, depth + 1) for item in value]
    if not isinstance(value, str):
        return value
    text = _in_text(value, places.looks, depth)
    return text if places.looks.whole or len(text) <= LONGEST else f"{text[:LONGEST]}… [{len(text):,} characters]"


def _object(value: JsonObject, places: _Places, depth: int, named: str) -> JsonObject:
    shown = {name: _member(name, item, places, depth, parent=named) for name, item in value.items()}
    name, beside = named_value(value)
    if beside and ((plain := _cleaned(name, places.looks)) is None or is_secret(plain)):
        shown[beside] = _member(name, value[beside], places, depth, parent="")
    return shown


def _in_text(text: str, looks: _Looks, depth: int) -> str:
    """The same text; one that is a JSON object or list is written anew where something in it is replaced."""
    if not text.lstrip().startswith(("{", "[")) or not is_light(text.encode("utf-8", "replace")):
        return text
    try:
        inner = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    if is_deeper(inner, DEPTH - depth):  # all of them together
        return text
    shown = _value(inner, _Places({}, looks), depth + 1)
    return text if shown == inner else orjson.dumps(shown).decode()
