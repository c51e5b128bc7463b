"""What passes between the gateway and the process that reads a document: frames of JSON, each behind its length.

Definitions that many tools share are sent once, and are one object again on the other side: written out, the schemas of a large
document are fifty times its size. A frame is plain data, since the process that sends it has read an untrusted document.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from registry.confinement.frames import LENGTH
from registry.manifest.toolset import Compiled, ToolsetHeader
from registry.model.errors import DocumentInvalid, DocumentTooCostly, DocumentTooLarge, ManifestInvalid, RegistryError
from registry.model.import_fault import ImportFault
from registry.model.json_limits import is_light
from registry.model.operation_key import Binding
from registry.model.tool import Draft, JsonObject
from registry.model.value_codec import plain, restore

#: Of a frame without the definitions of its schemas. A tool is read again for calls and lists, where others wait.
FRAME_BYTES = 5 << 19
_TOO_LARGE = "a tool that the document makes is too large: its schemas hold megabytes beside their definitions"
_SIDES = ("input_schema", "output_schema")
_ERRORS = {kind.__name__: kind for kind in (DocumentInvalid, DocumentTooCostly, DocumentTooLarge, ManifestInvalid)}


def frame_length(head: bytes) -> int:
    """The length of the frame behind `head`. Raises DocumentTooCostly for one that is too long."""
    length = int(LENGTH.unpack(head)[0])
    if length > FRAME_BYTES:
        raise DocumentTooCostly(_TOO_LARGE)
    return length


def read_frame(payload: bytes) -> JsonObject:
    """Raises DocumentTooCostly for one of so many values that all calls would wait while it is read."""
    if not is_light(payload):
        raise DocumentTooCostly(_TOO_LARGE)
    frame: JsonObject = orjson.loads(payload)
    return frame


def pack_job(raw: bytes, header: ToolsetHeader, bounds: JsonObject) -> bytes:
    head = orjson.dumps({"header": plain(header), "bounds": bounds})
    return LENGTH.pack(len(head)) + head + raw


def unpack_job(job: bytes) -> tuple[bytes, ToolsetHeader, JsonObject]:
    """The document, its header and its bounds."""
    end = LENGTH.size + LENGTH.unpack(job[: LENGTH.size])[0]
    head = orjson.loads(job[LENGTH.size : end])
    return job[end:], restore(ToolsetHeader, head["header"]), head["bounds"]


def pack_error(error: RegistryError) -> JsonObject:
    return {"error": type(error).__name__, "message": str(error), "cure": error.cure}


def pack(compiled: Compiled) -> Iterator[JsonObject]:
    """The frames of a result: each definition before the table that names it, each table before the first draft that has it."""
    numbers: dict[int, int] = {}
    tables: dict[int, int] = {}
    for draft in compiled.drafts:
        stored = plain(draft)
        for side in _SIDES:
            definitions = (stored.get(side) or {}).get("$defs")
            if definitions is None:
                continue
            if id(definitions) not in tables:
                yield from _pack_definitions(definitions, numbers)
                tables[id(definitions)] = len(tables)
            stored[side] = stored[side] | {"$defs": tables[id(definitions)]}
        yield {"draft": stored, "binding": plain(compiled.bindings[draft.name])}
    for fault in compiled.faults:
        yield {"fault": plain(fault)}
    for fault in compiled.lost:
        yield {"lost": plain(fault)}
    yield {"end": True, "document": compiled.document}


def _pack_definitions(definitions: JsonObject, numbers: dict[int, int]) -> Iterator[JsonObject]:
    for schema in definitions.values():
        if isinstance(schema, dict) and id(schema) not in numbers:
            numbers[id(schema)] = len(numbers)
            yield {"definition": schema}
    yield {"table": {name: numbers.get(id(schema), schema) for name, schema in definitions.items()}}


class Unpacking:
    """Puts the frames of a result together."""

    def __init__(self) -> None:
        self.complete = False
        self._definitions: list[JsonObject] = []
        self._tables: list[JsonObject] = []
        self._drafts: list[Draft] = []
        self._faults: list[ImportFault] = []
        self._bindings: dict[str, Binding] = {}
        self._lost: list[ImportFault] = []
        self._document = ""

    def take(self, frame: JsonObject) -> None:
        """Raises the error that the frame carries, if it is one."""
        match frame:
            case {"definition": dict(schema)}:
                self._definitions.append(schema)
            case {"table": dict(named)}:
                self._tables.append({name: self._definition(known) for name, known in named.items()})
            case {"draft": dict(stored), "binding": dict(bound)}:
                self._drafts.append(self._draft(stored))
                self._bindings[self._drafts[-1].name] = restore(Binding, bound)
            case {"fault": dict(stored)}:
                self._faults.append(restore(ImportFault, stored))
            case {"lost": dict(stored)}:
                self._lost.append(restore(ImportFault, stored))
            case {"error": str(kind), "message": str(message), "cure": str(cure)}:
                raise _ERRORS.get(kind, DocumentInvalid)(message, cure=cure)
            case {"end": True, "document": str(digest)}:
                self.complete, self._document = True, digest

    def result(self) -> Compiled:
        drafts, faults, lost = tuple(self._drafts), tuple(self._faults), tuple(self._lost)
        return Compiled(drafts, faults, bindings=self._bindings, lost=lost, document=self._document)

    def _draft(self, stored: JsonObject) -> Draft:
        draft: Draft = restore(Draft, stored)
        for side in _SIDES:
            if (schema := getattr(draft, side)) and "$defs" in schema:
                draft = replace(draft, **{side: schema | {"$defs": self._tables[schema["$defs"]]}})
        return draft

    def _definition(self, known: Any) -> Any:
        return known if isinstance(known, bool) else self._definitions[known]
