"""What an operation sends and what it answers: which media type, and which schema stands for it."""

from dataclasses import dataclass
from typing import Any

from registry.faults import UNSUPPORTED, ImportFault, OperationUnusable
from registry.references import References, escape
from registry.tool import Body, JsonObject

ARGUMENT = "body"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class DeclaredBody:
    body: Body
    schema: Any
    pointer: str


@dataclass(frozen=True, slots=True)
class DeclaredAnswer:
    """`schema` is None where the document promises no JSON. `accept` is what the request asks for, best first."""

    accept: tuple[str, ...]
    schema: Any
    pointer: str


def essence(media_type: str) -> str:
    """`type/subtype` in lower case, without parameters (RFC 9110 §8.3.1)."""
    return media_type.split(";", 1)[0].strip().lower()


def is_json(media_type: str) -> bool:
    kind = essence(media_type)
    return kind == "application/json" or kind.endswith("+json")


def read_body(
    operation: JsonObject, pointer: str, references: References
) -> tuple[DeclaredBody | None, tuple[ImportFault, ...]]:
    """The request body as JSON, else as a form, else as text.

    An optional body of another kind is ignored, and a fault says so. Raises OperationUnusable for a required one.
    """
    if "requestBody" not in operation:
        return None, ()
    node, place = references.follow(operation["requestBody"], f"{pointer}/requestBody")
    content = node.get("content")
    required = node.get("required") is True
    if not isinstance(content, dict):
        raise OperationUnusable("`content` is not an object", pointer=f"{place}/content")
    chosen = min((name for name in content if _rank(name) is not None), key=lambda name: _rank(name) or 0, default=None)
    if chosen is None:
        fault = ImportFault(f"{place}/content", "no media type of the body is supported yet", UNSUPPORTED)
        if required:
            raise OperationUnusable(fault.message, pointer=fault.pointer, cure=fault.cure)
        return None, (fault,)
    media, media_place = references.follow(content[chosen], f"{place}/content/{escape(chosen)}")
    sent_as = "application/json" if "*" in chosen else essence(chosen)
    return DeclaredBody(Body(ARGUMENT, sent_as, required), media.get("schema", {}), f"{media_place}/schema"), ()


def read_answer(operation: JsonObject, pointer: str, references: References) -> DeclaredAnswer:
    """The first 2xx answer that promises JSON. Raises OperationUnusable."""
    responses = operation.get("responses")
    place = f"{pointer}/responses"
    if not isinstance(responses, dict):
        return DeclaredAnswer(("*/*",), None, place)
    accept: dict[str, None] = {}
    for status in sorted(key for key in responses if key.startswith("2")):
        node, where = references.follow(responses[status], f"{place}/{escape(status)}")
        content = node.get("content")
        for name, entry in content.items() if isinstance(content, dict) else ():
            if is_json(name):
                media, media_place = references.follow(entry, f"{where}/content/{escape(name)}")
                return DeclaredAnswer((essence(name),), media.get("schema"), f"{media_place}/schema")
            accept[essence(name)] = None
    return DeclaredAnswer(tuple(accept) or ("*/*",), None, place)


def _rank(media_type: str) -> int | None:
    kind = essence(media_type)
    if kind == "application/json":
        return 0
    if kind.endswith("+json"):
        return 1
    return {"*/*": 2, "application/*": 2, _FORM: 3, "text/plain": 4}.get(kind)
