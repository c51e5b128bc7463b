"""What the fuzzers begin with, and the words that they may put in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from registry.model.tool import JsonObject

_STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
_SCHEMA: JsonObject = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "name": {"type": "string", "pattern": "^[a-z]+$", "xml": {"attribute": True}},
        "file": {"type": "string", "format": "binary"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "next": {"$ref": "#/components/schemas/Thing"},
        "one": {"oneOf": [{"type": "string"}, {"type": "null"}], "readOnly": True},
    },
}
_CHANGE = 16  # bytes that decide about one change
MEDIA_TYPES = (
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "text/plain",
    "application/octet-stream", "application/x-ndjson", "*/*",
)  # fmt: skip
# fmt: off
WORDS = (
    "$ref", "#/components/schemas/Thing", "openapi", "swagger", "paths", "parameters", "requestBody", "content", "schema",
    "type", "properties", "items", "allOf", "oneOf", "anyOf", "additionalProperties", "required", "enum", "default", "pattern",
    "nullable", "readOnly", "format", "style", "explode", "in", "path", "query", "header", "cookie", "encoding", "xml",
    "servers", "security", "discriminator", "$id", "$dynamicRef", "null", "true", "1e309", "..", "%2e", "{id}", "&a *a",
    "<<: *a", "!!binary", "\\u0000",
)
# fmt: on


class Provider(Protocol):
    """What is used of atheris' FuzzedDataProvider: it makes values of the fuzzer's bytes."""

    def remaining_bytes(self) -> int: ...
    def ConsumeBool(self) -> bool: ...  # noqa: N802
    def ConsumeInt(self, size: int) -> int: ...  # noqa: N802
    def ConsumeIntInRange(self, least: int, most: int) -> int: ...  # noqa: N802
    def ConsumeRegularFloat(self) -> float: ...  # noqa: N802
    def ConsumeUnicodeNoSurrogates(self, count: int) -> str: ...  # noqa: N802


def parameters() -> list[JsonObject]:
    """One of each style, exploded and not."""
    return [
        {"name": f"{place}-{style}-{int(explode)}", "in": place, "style": style, "explode": explode, "schema": {}}
        for place, styles in _STYLES.items()
        for style in styles
        for explode in (True, False)
    ]


def document(media_type: str = "application/json", openapi: str = "3.1.0") -> JsonObject:
    """A document of one operation that has all parameters and one body."""
    named = parameters()
    path = "/things" + "".join(f"/{{{one['name']}}}" for one in named if one["in"] == "path")
    body = {"content": {media_type: {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    operation: JsonObject = {"operationId": "put", "parameters": named, "requestBody": body, "responses": {"default": {}}}
    return {
        "openapi": openapi,
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://{host}/v1", "variables": {"host": {"default": "api.example.com"}}}],
        "paths": {path: {"post": operation}},
        "components": {
            "schemas": {"Thing": _SCHEMA},
            "securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}},
        },
        "security": [{"key": []}],
    }


def structured(seeds: Iterator[bytes]) -> Iterator[bytes]:
    """The seeds, and bytes that stand for changes to a document: see `changed`."""
    yield from seeds
    yield from (b"\x01" + bytes(range(start, start + 60)) for start in range(0, 180, 20))


def changed(provider: Provider, value: Any) -> Any:
    """`value` with a few of its parts replaced, dropped or renamed, as the provider's bytes say."""
    for _ in range(8):
        if provider.remaining_bytes() < _CHANGE:
            break
        value = _change(provider, value, 0)
    return value


def _change(provider: Provider, value: Any, depth: int) -> Any:
    """One change somewhere in `value`: seldom near its root, where it would be all that is left of the document."""
    shallow = depth < 3
    if not isinstance(value, dict | list) or not value or (not shallow and provider.ConsumeIntInRange(0, 9) == 0):
        return any_value(provider, 2)
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[provider.ConsumeIntInRange(0, len(keys) - 1)]
    copied: Any = value.copy()
    match provider.ConsumeIntInRange(0, 31 if shallow else 7):
        case 0:
            del copied[key]
        case 1 if isinstance(copied, dict):
            copied[_word(provider)] = copied.pop(key)
        case 2 if isinstance(copied, dict):
            copied[_word(provider)] = any_value(provider, 2)
        case _:
            copied[key] = _change(provider, copied[key], depth + 1)
    return copied


def any_value(provider: Provider, depth: int) -> Any:
    """A JSON value, at most `depth` levels deep."""
    kind = provider.ConsumeIntInRange(0, 9)
    if kind >= 8 and depth:
        count = provider.ConsumeIntInRange(0, 3)
        items = [any_value(provider, depth - 1) for _ in range(count)]
        return items if kind == 8 else {_word(provider): item for item in items}
    makers = (
        lambda: None,
        provider.ConsumeBool,
        lambda: provider.ConsumeInt(4),
        provider.ConsumeRegularFloat,
        lambda: provider.ConsumeUnicodeNoSurrogates(12),
    )
    return makers[kind]() if kind < len(makers) else _word(provider)


def _word(provider: Provider) -> str:
    return WORDS[provider.ConsumeIntInRange(0, len(WORDS) - 1)]


def documents() -> Iterator[bytes]:
    for media_type in MEDIA_TYPES:
        yield json.dumps(document(media_type)).encode()
    yield json.dumps(document(openapi="3.0.3")).encode()
    listed = {"name": "b", "in": "path", "type": "array", "collectionFormat": "csv"}
    yield json.dumps({"swagger": "2.0", "host": "h.example", "paths": {"/a/{b}": {"get": {"parameters": [listed]}}}}).encode()
    yield b"openapi: 3.1.0\npaths:\n  /a:\n    get: &g\n      responses: {}\n    put: *g\n"


def calls() -> Iterator[bytes]:
    values: tuple[Any, ...] = ("a/../b", "\r\n", 1.5, None, True, ["a", "b,c", {}], {"k": "v", "n": [1]}, "YQ==", {"text": "x"})
    names = [one["name"] for one in parameters()]
    for value in values:
        yield json.dumps(dict.fromkeys([*names, "body"], value)).encode()


def write(directory: Path, seeds: Iterator[bytes]) -> Path:
    """The seeds as files of `directory`, and beside it the words as a dictionary of libFuzzer's, whose path is returned."""
    directory.mkdir(parents=True)
    for index, seed in enumerate(seeds):
        (directory / f"{index:03}").write_bytes(seed)
    words = directory.with_suffix(".dict")
    words.write_text("".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"\n' for word in WORDS))
    return words
