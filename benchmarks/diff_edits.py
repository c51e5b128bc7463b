"""A labelled change of the document, and the places in it that many changes are made at."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from benchmarks.diff_document import DOCUMENT, JsonObject

GONE = object()
BREAKS, KEEPS = True, False

LIST, CREATE = "/paths/~1orders/get", "/paths/~1orders/post"
ITEM = "/paths/~1orders~1{id}"
GET, PATCH, DELETE = f"{ITEM}/get", f"{ITEM}/patch", f"{ITEM}/delete"
P = f"{LIST}/parameters"
S = "/components/schemas"
NEW, ORDER, LINE, ADDRESS, PERSON = (f"{S}/{name}/properties" for name in ("NewOrder", "Order", "Line", "Address", "Person"))
CREATED = f"{CREATE}/responses/201/content/application~1json/schema"


@dataclass(frozen=True)
class Case:
    """`edits`: JSON Pointer → the new value there; GONE removes it; a pointer that ends in `/-` appends to a list."""

    name: str
    breaking: bool
    edits: dict[str, Any]

    def document(self) -> JsonObject:
        changed = deepcopy(DOCUMENT)
        for pointer, value in self.edits.items():
            _edit(changed, pointer, value)
        return changed


def _edit(document: JsonObject, pointer: str, value: Any) -> None:
    *path, last = (token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])
    holder: Any = document
    for token in path:
        holder = holder[int(token)] if isinstance(holder, list) else holder[token]
    key: Any = int(last) if isinstance(holder, list) and last != "-" else last
    if value is GONE:
        del holder[key]
    elif last == "-":
        holder.append(value)
    else:
        holder[key] = deepcopy(value)


def query(name: str, schema: JsonObject, **more: Any) -> JsonObject:
    return {"name": name, "in": "query", "schema": schema, **more}


TEXT: JsonObject = {"type": "string"}
ID = DOCUMENT["paths"]["/orders/{id}"]["parameters"][0]
