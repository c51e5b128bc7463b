"""Bytes of `callgate.toolset.yaml` (or JSON) → what the operator decides. Strict: an unknown word is an error, since a misspelt
setting would have no effect, and nothing would say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

import orjson

from registry.credentials.kinds import SECRET_FIELDS
from registry.credentials.token_grant import CLIENT_SECRET
from registry.document import yaml_text
from registry.manifest.credential_problems import scheme_problems, setting_problems
from registry.manifest.fillings import header_problems
from registry.manifest.manifest import Group, Manifest
from registry.manifest.named_secrets import below, path_below
from registry.manifest.shaping import projection_problems
from registry.manifest.toolset import CredentialSource, ToolsetHeader
from registry.model.errors import DocumentInvalid, DocumentTooLarge, ManifestInvalid, Violation
from registry.model.json_limits import count_nodes
from registry.model.json_pointer import escape, unescape
from registry.model.tool import JsonObject
from registry.schema.token_budget import TOKEN_BUDGET
from registry.schema.validators import compile_validator

MANIFEST_BYTES = 1 << 20
MANIFEST_NODES = 100_000
SCHEMA: JsonObject = orjson.loads(files("registry.manifest").joinpath("manifest.schema.json").read_bytes())
_VALIDATOR = compile_validator(SCHEMA)


@dataclass(frozen=True, slots=True)
class ReadManifest:
    """`source` is where the document lies, and `overlays` are where its overlays do, as the manifest has it; the header carries
    the rest."""

    header: ToolsetHeader
    source: str | None
    overlays: tuple[str, ...] = ()


def read_manifest(raw: bytes) -> ReadManifest:
    """Raises ManifestInvalid, which names the place and, for an unknown word, the nearest known one."""
    if len(raw) > MANIFEST_BYTES:
        raise ManifestInvalid(f"the manifest has {len(raw):,} bytes; at most {MANIFEST_BYTES:,} are read")
    text = _load(raw)
    for problem in _unknown(text, SCHEMA, ""):
        raise ManifestInvalid(f"{_place(raw, problem.pointer)}: expected {problem.expected}")
    for problem in _VALIDATOR.violations(text):
        cure = " ".join(filter(None, (_meaning(problem.pointer), ManifestInvalid.cure)))
        raise ManifestInvalid(f"{_place(raw, problem.pointer)}: {problem.expected}", cure=cure)
    for pointer, wrong in scheme_problems(text.get("credentials", {})):
        raise ManifestInvalid(f"{_place(raw, pointer)}: {wrong}", cure=wrong.cure)
    read = ReadManifest(_header(text), text.get("source"), tuple(text.get("overlays", ())))
    for pointer, wrong in setting_problems(read.header.manifest):
        raise ManifestInvalid(f"{_place(raw, pointer)}: {wrong}", cure=wrong.cure)
    for pointer, owned in header_problems(read.header.manifest):
        raise ManifestInvalid(f"{_place(raw, pointer)}: {owned.reason}", cure=owned.cure)
    for pointer, unusable in projection_problems(read.header.manifest):
        raise ManifestInvalid(f"{_place(raw, pointer)}: {unusable}", cure=unusable.cure)
    return read


def _load(raw: bytes) -> Any:
    try:
        raw.decode()  # YAML may be UTF-16, too; `locate` finds places in UTF-8 only
        text = yaml_text.load(raw, nodes=MANIFEST_NODES)
        count_nodes(text, nodes=MANIFEST_NODES)
    except UnicodeDecodeError as error:
        raise ManifestInvalid(f"the manifest is not UTF-8 text: byte {error.start} cannot be decoded") from None
    except (DocumentInvalid, DocumentTooLarge) as error:
        own = error.cure if error.cure != type(error).cure else None
        raise ManifestInvalid(f"the manifest cannot be read: {error}", cure=own) from None
    return text


def _unknown(value: Any, schema: Any, pointer: str) -> Iterator[Violation]:
    """Keys that the schema does not have. The validator finds them, too, but names neither them nor the nearest known key."""
    schema = _resolved(schema)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, schema.get("items", {}), f"{pointer}/{index}")
    if not isinstance(value, dict) or schema.get("type") == "array":
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, item in value.items():
        if key not in known and others is False:
            yield Violation(f"{pointer}/{escape(key)}", _nearest(key, known))
        yield from _unknown(item, known.get(key, others), f"{pointer}/{escape(key)}")


def _resolved(schema: Any) -> JsonObject:
    """With what it refers to; its own words win."""
    while isinstance(schema, dict) and "$ref" in schema:
        target: Any = SCHEMA
        for token in schema["$ref"].removeprefix("#/").split("/"):
            target = target[token]
        schema = {**target, **{name: value for name, value in schema.items() if name != "$ref"}}
    return schema if isinstance(schema, dict) else {}


def _meaning(pointer: str) -> str:
    """What the schema says of the word at the place. Empty where it says nothing."""
    schema = _resolved(SCHEMA)
    for token in map(unescape, pointer.split("/")[1:]):
        below = schema.get("properties", {}).get(token)
        schema = _resolved(below or schema.get("items") or schema.get("additionalProperties"))
    return str(schema.get("description", ""))


def _nearest(key: str, known: JsonObject) -> str:
    alike = get_close_matches(key, known, n=1)
    return f"{alike[0]!r} instead of {key[:60]!r}" if alike else f"one of {', '.join(known)}, not {key[:60]!r}"


def _place(raw: bytes, pointer: str) -> str:
    found = yaml_text.locate(raw, pointer)
    return f"manifest, line {found[0]}, column {found[1]} ({pointer or 'the whole'})" if found else f"manifest, {pointer}"


def _header(text: JsonObject) -> ToolsetHeader:
    space = text.get("vault_namespace", "")
    credentials = (_source(scheme, one, space) for scheme, one in text.get("credentials", {}).items())
    manifest = below(space, _manifest(text))
    return ToolsetHeader(
        text["toolset"],
        text.get("server"),
        credentials=tuple(credentials),
        manifest=manifest,
        token_budget=text.get("token_budget", TOKEN_BUDGET),
    )


def _source(scheme: str, one: JsonObject, space: str) -> CredentialSource:
    """Of one in which `scheme_problems` has found none."""
    field = next((one[name] for name in SECRET_FIELDS if name in one), CLIENT_SECRET)
    settings = {name: value for name, value in one.items() if name not in (*SECRET_FIELDS, "path", "username_field")}
    return CredentialSource(scheme, path_below(space, one["path"]), field, one.get("username_field", ""), settings)


def _manifest(text: JsonObject) -> Manifest:
    return Manifest(
        include=tuple(text["include"]) if "include" in text else None,
        exclude=tuple(text.get("exclude", ())),
        defaults=text.get("defaults", {}),
        groups=tuple(Group(tuple(one["match"]), one["settings"]) for one in text.get("groups", ())),
        operations=text.get("operations", {}),
        prefix=text.get("prefix", ""),
    )
