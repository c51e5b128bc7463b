"""The schemas of a tool: what its arguments must fit, and what its answer promises."""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import orjson

from registry.compiler.bodies import DeclaredBody
from registry.compiler.parameters import Declared
from registry.compiler.responses import DeclaredAnswer, DeclaredResponse
from registry.model.import_fault import ImportFault, OperationUnusable
from registry.model.media_types import MediaKind, kind_of
from registry.model.plain_text import plain_text
from registry.model.references import References
from registry.model.tool import JsonObject, Response
from registry.schema.examples import with_examples
from registry.schema.impossible_inputs import satisfiable
from registry.schema.schemas import Closed, Schemas
from registry.schema.translation import Dialect, Direction

#: The most bytes of a failure's schema: one that leads to half of the document is not worth a copy in each tool.
OTHER_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Promised:
    """What the tool's answers must fit: the schema of the success, and all responses that the document declares."""

    schema: JsonObject | None
    responses: tuple[Response, ...]


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str
    schema: Any
    pointer: str
    description: str
    required: bool
    _: KW_ONLY
    examples: tuple[Any, ...]
    deprecated: bool = False


class Contracts:
    """Makes the schemas of one document's operations."""

    def __init__(self, references: References, *, is_30: bool) -> None:
        self._inputs = Schemas(references, Dialect(is_30, Direction.INPUT))
        self._xml_inputs = Schemas(references, Dialect(is_30, Direction.INPUT, xml=True))
        self._outputs = Schemas(references, Dialect(is_30, Direction.OUTPUT))
        self._others: dict[str, JsonObject | None] = {}

    def input(self, declared: tuple[Declared, ...], body: DeclaredBody | None, pointer: str, operation: str) -> Closed:
        """An object with one property for each argument, and no others. `operation`: for faults. Raises OperationUnusable."""
        inputs = self._xml_inputs if body is not None and kind_of(body.body.media_type) is MediaKind.XML else self._inputs
        properties: JsonObject = {}
        needs: frozenset[str] = frozenset()
        faults: tuple[ImportFault, ...] = ()
        has_choice = mended = False
        for argument in _arguments(declared, body):
            translated = inputs.translate(argument.schema, argument.pointer)
            properties[argument.name] = _annotated(translated.schema, argument)
            needs |= translated.needs
            faults += translated.faults
            has_choice |= translated.has_choice
            mended |= translated.mended
        required = [argument.name for argument in _arguments(declared, body) if argument.required]
        whole = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        closed = inputs.close(whole, needs, pointer)
        found = Closed(closed.schema, faults + closed.faults, has_choice or closed.has_choice, mended=mended or closed.mended)
        return satisfiable(found, pointer, operation)

    def answer(self, answer: DeclaredAnswer) -> tuple[Promised, tuple[ImportFault, ...]]:
        """What the answers must fit. A schema that cannot be read costs the promise alone, and the fault says so."""
        success = answer.success
        schema, faults = self._output(success) if success is not None else (None, ())
        responses = [Response(success.status, success.media_types, headers=success.headers)] if success is not None else []
        responses += [Response(one.status, one.media_types, self._small(one), one.headers) for one in answer.others]
        return Promised(schema, tuple(responses)), faults

    def _small(self, response: DeclaredResponse) -> JsonObject | None:
        """The schema of another response than the success, if it is small. Operations share these: each is made once."""
        if response.pointer not in self._others:
            schema, _ = self._output(response)
            self._others[response.pointer] = schema if schema is None or len(orjson.dumps(schema)) <= OTHER_BYTES else None
        return self._others[response.pointer]

    def _output(self, response: DeclaredResponse) -> tuple[JsonObject | None, tuple[ImportFault, ...]]:
        if response.schema is None:
            return None, ()
        try:
            translated = self._outputs.translate(response.schema, response.pointer)
            schema = translated.schema if isinstance(translated.schema, dict) else {"allOf": [translated.schema]}
            closed = self._outputs.close(schema, translated.needs, response.pointer)
        except OperationUnusable as unusable:
            fault = unusable.fault
            return None, (replace(fault, message=f"{fault.message}; answers are not checked against a schema"),)
        return closed.schema, translated.faults + closed.faults


def _arguments(declared: tuple[Declared, ...], body: DeclaredBody | None) -> Iterator[_Argument]:
    for one in declared:
        given = one.parameter
        required = given.required and given.default is None
        yield _Argument(
            given.argument, one.schema, one.pointer, one.description, required, examples=one.examples, deprecated=one.deprecated
        )
    if body is not None:
        yield _Argument(body.body.argument, body.schema, body.pointer, "", body.body.required, examples=body.examples)


def _annotated(schema: Any, argument: _Argument) -> Any:
    """The schema with what the document says beside it."""
    if not isinstance(schema, dict):
        return schema
    words: JsonObject = {"deprecated": True} if argument.deprecated else {}
    if argument.description and "description" not in schema:
        words["description"] = plain_text(argument.description)
    annotated: JsonObject = schema | words
    return with_examples(annotated, argument.examples) if argument.examples else annotated
