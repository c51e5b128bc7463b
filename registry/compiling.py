"""Document → drafts and faults. One operation's fault never stops the others."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from registry.bodies import DeclaredAnswer, DeclaredBody, read_answer, read_body
from registry.effects import METHODS
from registry.errors import DocumentInvalid, ManifestInvalid
from registry.faults import ImportFault, OperationUnusable
from registry.manifest import OperationKey
from registry.media_types import Kind, kind_of
from registry.naming import Route, name_all
from registry.parameters import Declared, ParameterReader
from registry.references import References, escape
from registry.schemas import Direction, Schemas
from registry.security import Security
from registry.servers import choose_server, require_server
from registry.settling import credential_of, settle
from registry.swagger import is_swagger, source_pointer
from registry.tool import CONTAINER_SERVER, CredentialBinding, Draft, JsonObject, Operation
from registry.toolset import Compiled, CredentialRequest, ToolsetHeader
from registry.validators import SchemaInvalid, compile_validator

__all__ = ["Compiled", "CredentialRequest", "ImportFault", "ToolsetHeader", "compile_document"]

DESCRIPTION_CHARACTERS = 1_024
OPERATIONS = 5_000
_TOOLSET = re.compile(r"[a-z][a-z0-9-]{0,39}")
_PATH = re.compile(r"(/(?!\.{1,2}([/?#]|\Z))[^/?#\x00-\x1f\x7f]*)+(\?[^#\x00-\x1f\x7f]*)?(#[^\x00-\x1f\x7f]*)?")


def compile_document(document: JsonObject, header: ToolsetHeader) -> Compiled:
    """Each operation of a document that `loading` has passed, as a draft or as a fault.

    Raises DocumentInvalid for a bad toolset name or server, a credential for an unknown scheme, or no operations at all.
    """
    if not _TOOLSET.fullmatch(header.toolset):
        raise DocumentInvalid(
            "the toolset's name is not legal", cure="Use 1 to 40 of a-z, 0-9 and `-`, beginning with a letter."
        )
    faults: list[ImportFault] = []
    sites = list(_sites(document, References(document), faults))
    if not sites and not faults:
        raise DocumentInvalid("the document has no operations", pointer="/paths")
    if len(sites) > OPERATIONS:
        raise DocumentInvalid(f"the document has more than {OPERATIONS:,} operations", cure="Split the document.")
    drafts = list(_Compiler(document, header).compile_all(sites, faults))
    _require_distinct(drafts)
    if is_swagger(document):
        faults = [replace(fault, pointer=source_pointer(fault.pointer)) for fault in faults]
    return Compiled(tuple(sorted(drafts, key=lambda draft: draft.name)), tuple(dict.fromkeys(faults)))


@dataclass(frozen=True, slots=True)
class _Site:
    """Where in the document one operation stands."""

    route: Route
    item: JsonObject
    item_pointer: str
    operation: JsonObject
    pointer: str


def _sites(document: JsonObject, references: References, faults: list[ImportFault]) -> Iterator[_Site]:
    for path, entry in document["paths"].items():
        if path.startswith("x-"):
            continue
        try:
            item, pointer = references.follow(entry, f"/paths/{escape(path)}")
        except OperationUnusable as unusable:
            faults.append(unusable.fault)
            continue
        for method in METHODS:
            if isinstance(operation := item.get(method.lower()), dict):
                yield _Site((method, path), item, pointer, operation, f"{pointer}/{method.lower()}")
            elif operation is not None:
                faults.append(OperationUnusable("an operation is not an object", pointer=f"{pointer}/{method.lower()}").fault)


class _Compiler:
    def __init__(self, document: JsonObject, header: ToolsetHeader) -> None:
        self._document = document
        self._header = header
        self._server = require_server(header.server) if header.server else None
        self._references = References(document)
        self._parameters = ParameterReader(self._references)
        self._security = Security(document, self._references, header.credentials)
        dialect_30 = str(document["openapi"]).startswith("3.0")
        self._inputs = Schemas(self._references, dialect_30=dialect_30, direction=Direction.INPUT)
        self._xml_inputs = Schemas(self._references, dialect_30=dialect_30, direction=Direction.INPUT, xml=True)
        self._outputs = Schemas(self._references, dialect_30=dialect_30, direction=Direction.OUTPUT)

    def compile_all(self, sites: list[_Site], faults: list[ImportFault]) -> Iterator[Draft]:
        names = name_all({site.route: _text(site.operation.get("operationId")) for site in sites})
        keys = {site.route: _key(site, names[site.route]) for site in sites}
        faults += self._header.manifest.unmatched(keys.values())
        for site in sites:
            if not self._header.manifest.selects(keys[site.route]):
                continue
            try:
                yield self._compile(site, keys[site.route], faults)
            except OperationUnusable as unusable:
                faults.append(unusable.fault)

    def _compile(self, site: _Site, key: OperationKey, faults: list[ImportFault]) -> Draft:
        method, path = site.route
        settings = self._header.manifest.settings_for(key)
        if not _PATH.fullmatch(path):
            raise OperationUnusable("the path is not one that can be sent", pointer=site.item_pointer)
        credential, security_faults = self._credential(site, settings)
        body, body_faults = read_body(site.operation, site.pointer, self._references)
        reading = self._parameters.read(
            path,
            (site.item, site.item_pointer),
            (site.operation, site.pointer),
            body=body.body.argument if body else None,
            credential=credential,
        )
        answer = read_answer(site.operation, site.pointer, self._references)
        output, output_faults = self._output(answer)
        operation = Operation(
            method,
            self._choose_server(site, settings),
            path,
            parameters=tuple(declared.parameter for declared in reading.declared),
            body=body.body if body else None,
            accept=answer.accept,
        )
        draft = Draft(
            name=key.name,
            toolset=self._header.toolset,
            description=_describe(site),
            input_schema=self._input(reading.declared, body, site.pointer),
            output_schema=output,
            operation=operation,
            effect=METHODS[method],
            credential=credential,
            requires_approval=any(fnmatchcase(key.name, pattern) for pattern in self._header.require_approval),
        )
        faults += (*security_faults, *body_faults, *reading.ignored, *output_faults)
        return settle(draft, settings, site.pointer)

    def _credential(self, site: _Site, settings: JsonObject) -> tuple[CredentialBinding | None, tuple[ImportFault, ...]]:
        if "credential" in settings:
            return credential_of(settings), ()
        return self._security.choose(site.operation, site.pointer)

    def _choose_server(self, site: _Site, settings: JsonObject) -> str:
        if self._server is not None:
            return self._server
        if settings.get("container"):
            return CONTAINER_SERVER
        return choose_server(
            (
                (site.operation.get("servers"), f"{site.pointer}/servers"),
                (site.item.get("servers"), f"{site.item_pointer}/servers"),
                (self._document.get("servers"), "/servers"),
            )
        )

    def _input(self, declared: tuple[Declared, ...], body: DeclaredBody | None, pointer: str) -> JsonObject:
        inputs = self._xml_inputs if body is not None and kind_of(body.body.media_type) is Kind.XML else self._inputs
        properties: JsonObject = {}
        needs: frozenset[str] = frozenset()
        for one in declared:
            translated = inputs.translate(one.schema, one.pointer)
            properties[one.parameter.argument] = _described(translated.schema, one.description)
            needs |= translated.needs
        required = [one.parameter.argument for one in declared if one.parameter.required and one.parameter.default is None]
        if body is not None:
            translated = inputs.translate(body.schema, body.pointer)
            properties[body.body.argument] = translated.schema
            needs |= translated.needs
            required += [body.body.argument] if body.body.required else []
        schema: JsonObject = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        return _runnable(_with_definitions(schema, inputs.definitions(needs)), pointer)

    def _output(self, answer: DeclaredAnswer) -> tuple[JsonObject | None, tuple[ImportFault, ...]]:
        """The output schema. One that cannot be read costs the operation nothing but its promise: the fault says so."""
        if answer.schema is None:
            return None, ()
        try:
            translated = self._outputs.translate(answer.schema, answer.pointer)
            definitions = self._outputs.definitions(translated.needs)
            schema = translated.schema if isinstance(translated.schema, dict) else {"allOf": [translated.schema]}
            return _runnable(_with_definitions(schema, definitions), answer.pointer), ()
        except OperationUnusable as unusable:
            fault = unusable.fault
            return None, (replace(fault, message=f"{fault.message}; answers are not checked against a schema"),)


def _key(site: _Site, name: str) -> OperationKey:
    tags = site.operation.get("tags")
    texts = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    return OperationKey(*site.route, _text(site.operation.get("operationId")), name, texts)


def _require_distinct(drafts: list[Draft]) -> None:
    """Names made of the document are distinct; a manifest may give one that is taken."""
    name, uses = next(iter(Counter(draft.name for draft in drafts).most_common(1)), ("", 0))
    if uses > 1:
        raise ManifestInvalid(f"the manifest gives the name {name!r} to one operation, and another has it")


def _runnable(schema: JsonObject, pointer: str) -> JsonObject:
    try:
        compile_validator(schema)
    except SchemaInvalid as error:
        raise OperationUnusable(str(error), pointer=pointer) from None
    return schema


def _with_definitions(schema: JsonObject, definitions: JsonObject) -> JsonObject:
    return schema | {"$defs": definitions} if definitions else schema


def _described(schema: Any, description: str) -> Any:
    if not description or not isinstance(schema, dict) or "description" in schema:
        return schema
    return schema | {"description": description}


def _describe(site: _Site) -> str:
    """What the model reads: the operation's summary and description, or those of its path."""
    for holder in (site.operation, site.item):
        texts = dict.fromkeys(text.strip() for key in ("summary", "description") if (text := _text(holder.get(key))))
        if joined := "\n\n".join(text for text in texts if text):
            return joined[:DESCRIPTION_CHARACTERS]
    return f"{site.route[0]} {site.route[1]}"[:DESCRIPTION_CHARACTERS]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
