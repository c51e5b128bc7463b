"""The documents of the two tenants' tools, and what the hostile tenant calls them with."""

import json
from typing import Any, NamedTuple

from benchmarks.hostile.schemas import Case, Json, cases, page, page_schemas

#: Cases in one document: a reader's bound is for a document.
IN_A_DOCUMENT = 20
#: Tools that a client lists again and again.
LISTED = 1_123
WORD = {"name": "word", "in": "query", "schema": {"type": "string", "maxLength": 100}}
NOTION_KINDS = [f"notion_{number}" for number in range(12)]


class Probe(NamedTuple):
    """A call of the hostile tenant's: its tool, and the value in its body."""

    tool: str
    wrong: Any


def document(paths: Json, components: Json | None = None) -> bytes:
    about = {"title": "Tools", "version": "1.0.0"}
    schemas = {"schemas": components or {}}
    return json.dumps({"openapi": "3.1.0", "info": about, "paths": paths, "components": schemas}).encode()


def simple(name: str, path: str) -> Json:
    """A tool that reads, at a path of the upstream."""
    answers = {"200": {"description": "Something."}}
    return {path: {"get": {"operationId": name, "parameters": [WORD], "responses": answers}}}


def taking(name: str, schema: Json) -> Json:
    """A tool that takes a value of the schema."""
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {f"/{name}": {"put": {"operationId": name, "requestBody": body, "responses": {"200": {"description": "Done."}}}}}


def answering(name: str, schema: Json) -> Json:
    """A tool that answers with a value of the schema: so it says."""
    answers = {"200": {"description": "Something.", "content": {"application/json": {"schema": schema}}}}
    return {f"/answers/{name}": {"get": {"operationId": name, "responses": answers}}}


def of_arguments() -> list[bytes]:
    return [_of_cases(batch, "take", taking) for batch in _batches()]


def of_answers() -> list[bytes]:
    return [_of_cases(batch, "answer", answering) for batch in _batches()]


def probes() -> list[Probe]:
    return [Probe(f"take_{number}", case.wrong) for number, case in enumerate(cases())]


def of_notion() -> bytes:
    schema = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/notion_block"}}},
    }
    return document(taking("notion", schema), page_schemas("notion", NOTION_KINDS))


def notion_page(width: int, text: int) -> Json:
    """A page whose blocks are nested four deep, and whose last leaf is wrong."""
    return {"body": {"children": page(NOTION_KINDS, width, 3, text)}}


def many(number: int = LISTED, name: str = "listed") -> bytes:
    paths: Json = {}
    for index in range(number):
        paths |= simple(f"{name}_{index:04}", f"/{name}/{index}")
    return document(paths)


def _batches() -> list[list[tuple[int, Case]]]:
    numbered = list(enumerate(cases()))
    return [numbered[first : first + IN_A_DOCUMENT] for first in range(0, len(numbered), IN_A_DOCUMENT)]


def _of_cases(batch: list[tuple[int, Case]], verb: str, operation: Any) -> bytes:
    paths: Json = {}
    components: Json = {}
    for number, case in batch:
        paths |= operation(f"{verb}_{number}", case.schema)
        components |= case.components
    return document(paths, components)
