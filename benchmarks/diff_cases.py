"""Labelled changes of one document: does the change break the callers of its tools?

The label is for a caller that keeps to the old version. BREAKS: a call that was right may now be refused, may be understood
otherwise or no longer does all that it did, or an answer may be one that the old schema rules out.
All labels were given before the comparison first ran on them.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from benchmarks.diff_document import DOCUMENT, JsonObject

GONE = object()
BREAKS, KEEPS = True, False

_LIST, _CREATE = "/paths/~1orders/get", "/paths/~1orders/post"
_ITEM = "/paths/~1orders~1{id}"
_GET, _PATCH, _DELETE = f"{_ITEM}/get", f"{_ITEM}/patch", f"{_ITEM}/delete"
_P = f"{_LIST}/parameters"
_S = "/components/schemas"
_NEW, _ORDER, _LINE, _ADDRESS, _PERSON = (
    f"{_S}/{name}/properties" for name in ("NewOrder", "Order", "Line", "Address", "Person")
)
_CREATED = f"{_CREATE}/responses/201/content/application~1json/schema"


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


def _query(name: str, schema: JsonObject, **more: Any) -> JsonObject:
    return {"name": name, "in": "query", "schema": schema, **more}


_TEXT: JsonObject = {"type": "string"}
_ID = DOCUMENT["paths"]["/orders/{id}"]["parameters"][0]

CASES = (
    # Operations
    Case("an operation is removed", BREAKS, {_DELETE: GONE}),
    Case("a path is removed", BREAKS, {"/paths/~1health": GONE}),
    Case("an operation is added", KEEPS, {"/paths/~1health/head": {"operationId": "ping", "responses": {}}}),
    Case("a path is added", KEEPS, {"/paths/~1carts": {"get": {"operationId": "listCarts", "responses": {}}}}),
    Case("an operationId is renamed, and so the tool", BREAKS, {f"{_GET}/operationId": "readOrder"}),
    Case("an operation is marked deprecated", KEEPS, {f"{_GET}/deprecated": True}),
    Case("an operation gets another tag", KEEPS, {f"{_GET}/tags": ["reading"]}),
    Case("an extension is added", KEEPS, {f"{_GET}/x-internal": {"a": 1}}),
    Case("external documentation is added", KEEPS, {f"{_GET}/externalDocs": {"url": "https://docs.example"}}),
    Case("an operation moves to another path", BREAKS, {"/paths/~1healthz": DOCUMENT["paths"]["/health"], "/paths/~1health": GONE}),
    Case("a read becomes a POST", BREAKS, {"/paths/~1health/post": DOCUMENT["paths"]["/health"]["get"], "/paths/~1health/get": GONE}),
    Case("another server", BREAKS, {"/servers/0/url": "https://api.other.example/v1"}),
    Case("another base path", BREAKS, {"/servers/0/url": "https://api.shop.example/v2"}),
    Case("the server loses its encryption", BREAKS, {"/servers/0/url": "http://api.shop.example/v1"}),
    Case("the server's description changes", KEEPS, {"/servers/0/description": "main"}),
    Case("a second server is listed after the first", KEEPS, {"/servers/-": {"url": "https://eu.shop.example/v1"}}),
    Case("a server is a variable with the same value", KEEPS, {"/servers/0": {"url": "https://api.shop.example/{v}", "variables": {"v": {"default": "v1"}}}}),
    Case("the document's version and title change", KEEPS, {"/info": {"title": "The shop", "version": "2.0.0"}}),
    Case("a webhook is added", KEEPS, {"/webhooks": {"paid": {"post": {"responses": {}}}}}),
    Case("a summary changes", KEEPS, {f"{_LIST}/summary": "Lists all orders."}),
    # Security
    Case("a public operation needs a key", BREAKS, {"/paths/~1health/get/security": [{"key": []}]}),
    Case("an operation becomes public", KEEPS, {f"{_DELETE}/security": []}),
    Case("an alternative is added", KEEPS, {f"{_DELETE}/security": [{"key": []}, {"login": []}]}),
    Case("an alternative is removed", BREAKS, {f"{_PATCH}/security": [{"login": ["orders:write"]}]}),
    Case("a scope is added", BREAKS, {f"{_PATCH}/security/0/login": ["orders:write", "orders:admin"]}),
    Case("a scope is no longer needed", KEEPS, {f"{_PATCH}/security/0/login": []}),
    Case("both schemes are needed at once", BREAKS, {f"{_PATCH}/security": [{"login": ["orders:write"], "key": []}]}),
    Case("security is optional", KEEPS, {f"{_DELETE}/security": [{"key": []}, {}]}),
    Case("the key goes into another header", BREAKS, {"/components/securitySchemes/key/name": "X-Api-Key"}),
    Case("the key goes into the query", BREAKS, {"/components/securitySchemes/key/in": "query"}),
    Case("alternatives change their order", KEEPS, {f"{_PATCH}/security": [{"key": []}, {"login": ["orders:write"]}]}),
    Case("an unused scheme is added", KEEPS, {"/components/securitySchemes/other": {"type": "http", "scheme": "basic"}}),
    Case("a scheme's description is added", KEEPS, {"/components/securitySchemes/key/description": "Ask sales."}),
    # Parameters
    Case("a required parameter is added", BREAKS, {f"{_P}/-": _query("shop", _TEXT, required=True)}),
    Case("an optional parameter is added", KEEPS, {f"{_P}/-": _query("shop", _TEXT)}),
    Case("a parameter is removed", BREAKS, {f"{_P}/1": GONE}),
    Case("a header parameter is removed", BREAKS, {f"{_P}/5": GONE}),
    Case("a parameter is renamed", BREAKS, {f"{_P}/0/name": "size"}),
    Case("a path parameter is renamed", BREAKS, {"/paths/~1orders~1{key}": {"get": {"operationId": "getOrder", "description": "Reads one order.", "parameters": [{"name": "key", "in": "path", "required": True, "schema": _TEXT}], "responses": DOCUMENT["paths"]["/orders/{id}"]["get"]["responses"]}}, _GET: GONE}),
    Case("a parameter becomes required", BREAKS, {f"{_P}/1/required": True}),
    Case("a parameter moves from query to header", BREAKS, {f"{_P}/6/in": "header"}),
    Case("a parameter becomes an array of its type", BREAKS, {f"{_P}/1/schema": {"type": "array", "items": DOCUMENT["paths"]["/orders"]["get"]["parameters"][1]["schema"]}}),
    Case("a parameter becomes a string, was an integer", BREAKS, {f"{_P}/0/schema": {"type": "string"}}),
    Case("a parameter becomes a number, was an integer", KEEPS, {f"{_P}/0/schema/type": "number"}),
    Case("a maximum is lowered", BREAKS, {f"{_P}/0/schema/maximum": 50}),
    Case("a maximum is raised", KEEPS, {f"{_P}/0/schema/maximum": 500}),
    Case("a minimum is raised", BREAKS, {f"{_P}/0/schema/minimum": 5}),
    Case("a minimum is lowered", KEEPS, {f"{_P}/0/schema/minimum": 0}),
    Case("a maximum is removed", KEEPS, {f"{_P}/0/schema/maximum": GONE}),
    Case("a minimum is written as an exclusive one", KEEPS, {f"{_P}/0/schema/minimum": GONE, f"{_P}/0/schema/exclusiveMinimum": 0}),
    Case("a default changes", KEEPS, {f"{_P}/0/schema/default": 10}),
    Case("a default is removed", KEEPS, {f"{_P}/0/schema/default": GONE}),
    Case("an enum loses a value", BREAKS, {f"{_P}/1/schema/enum": ["open", "paid"]}),
    Case("an enum gains a value", KEEPS, {f"{_P}/1/schema/enum": ["open", "paid", "shipped", "lost"]}),
    Case("an enum's values change their order", KEEPS, {f"{_P}/1/schema/enum": ["shipped", "paid", "open"]}),
    Case("an enum is lifted", KEEPS, {f"{_P}/1/schema/enum": GONE}),
    Case("a free text becomes an enum", BREAKS, {f"{_P}/6/schema/enum": ["a", "b"]}),
    Case("maxItems is lowered", BREAKS, {f"{_P}/2/schema/maxItems": 5}),
    Case("maxItems is raised", KEEPS, {f"{_P}/2/schema/maxItems": 50}),
    Case("items get another type", BREAKS, {f"{_P}/2/schema/items/type": "integer"}),
    Case("a list is written without explode", BREAKS, {f"{_P}/2/explode": False}),
    Case("a list is written with pipes", BREAKS, {f"{_P}/2/style": "pipeDelimited", f"{_P}/2/explode": False}),
    Case("the default style is written out", KEEPS, {f"{_P}/2/style": "form", f"{_P}/2/explode": True}),
    Case("an object is written in the form style", BREAKS, {f"{_P}/4/style": "form"}),
    Case("a format changes", BREAKS, {f"{_P}/3/schema/format": "date-time"}),
    Case("a format is lifted", KEEPS, {f"{_P}/3/schema/format": GONE}),
    Case("a format is added", BREAKS, {f"{_P}/6/schema/format": "email"}),
    Case("a pattern changes", BREAKS, {f"{_P}/5/schema/pattern": "^[A-Z]{2}$"}),
    Case("a pattern is lifted", KEEPS, {f"{_P}/5/schema/pattern": GONE}),
    Case("a pattern is added", BREAKS, {f"{_P}/6/schema/pattern": "^[a-z]*$"}),
    Case("a pattern that allows everything is added", KEEPS, {f"{_P}/6/schema/pattern": ".*"}),
    Case("maxLength is lowered", BREAKS, {f"{_P}/6/schema/maxLength": 20}),
    Case("maxLength is set", BREAKS, {f"{_P}/1/schema": {"type": "string", "enum": ["open", "paid"], "maxLength": 4}}),
    Case("minLength is raised", BREAKS, {f"{_ITEM}/parameters/0/schema/minLength": 4}),
    Case("minLength is lowered", KEEPS, {f"{_ITEM}/parameters/0/schema/minLength": 0}),
    Case("a parameter's description changes", KEEPS, {f"{_P}/6/description": "Searches."}),
    Case("a parameter is marked deprecated", KEEPS, {f"{_P}/6/deprecated": True}),
    Case("an example is added", KEEPS, {f"{_P}/6/example": "shoes"}),
    Case("parameters change their order", KEEPS, {_P: DOCUMENT["paths"]["/orders"]["get"]["parameters"][::-1]}),
    Case("a parameter moves from path item to operations", KEEPS, {f"{_ITEM}/parameters": [], f"{_GET}/parameters/-": _ID, f"{_PATCH}/parameters": [_ID], f"{_DELETE}/parameters": [_ID]}),
    Case("a property of an object parameter gets another type", BREAKS, {f"{_P}/4/schema/properties/min/type": "string"}),
    Case("a property of an object parameter is added", KEEPS, {f"{_P}/4/schema/properties/max": {"type": "number"}}),
    Case("a parameter may be null", KEEPS, {f"{_P}/6/schema/type": ["string", "null"]}),
    Case("a parameter gets a second type", KEEPS, {f"{_P}/6/schema/type": ["string", "integer"]}),
    # Request bodies
    Case("a body becomes required", BREAKS, {f"{_PATCH}/requestBody/required": True}),
    Case("a body becomes optional", KEEPS, {f"{_CREATE}/requestBody/required": False}),
    Case("a body is removed", BREAKS, {f"{_PATCH}/requestBody": GONE}),
    Case("a required body is added", BREAKS, {f"{_DELETE}/requestBody": DOCUMENT["paths"]["/orders"]["post"]["requestBody"]}),
    Case("an optional body is added", KEEPS, {f"{_DELETE}/requestBody": DOCUMENT["paths"]["/orders/{id}"]["patch"]["requestBody"]}),
    Case("a body goes from JSON to a form", BREAKS, {f"{_PATCH}/requestBody/content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"note": _TEXT}}}}}),
    Case("a second media type is offered", KEEPS, {f"{_PATCH}/requestBody/content/application~1xml": {"schema": {"type": "object"}}}),
    Case("a body's description changes", KEEPS, {f"{_CREATE}/requestBody/description": "The order."}),
    Case("a required property is added", BREAKS, {f"{_NEW}/shop": _TEXT, f"{_S}/NewOrder/required": ["lines", "shop"]}),
    Case("an optional property is added", KEEPS, {f"{_NEW}/shop": _TEXT}),
    Case("a property becomes required", BREAKS, {f"{_S}/NewOrder/required": ["lines", "address"]}),
    Case("a property becomes optional", KEEPS, {f"{_S}/NewOrder/required": []}),
    Case("an optional property is removed", BREAKS, {f"{_NEW}/coupon": GONE}),
    Case("a required property is removed", BREAKS, {f"{_NEW}/lines": GONE, f"{_S}/NewOrder/required": []}),
    Case("a nested property becomes required", BREAKS, {f"{_S}/Address/required": ["street", "city", "zip"]}),
    Case("a nested enum loses a value", BREAKS, {f"{_ADDRESS}/country/enum": ["DE", "FR"]}),
    Case("a nested enum gains a value", KEEPS, {f"{_ADDRESS}/country/enum": ["DE", "FR", "IT", "ES"]}),
    Case("a nested pattern is dropped", KEEPS, {f"{_ADDRESS}/zip/pattern": GONE}),
    Case("an object is closed", BREAKS, {f"{_S}/Address/additionalProperties": False}),
    Case("an open object says that it is open", KEEPS, {f"{_S}/Address/additionalProperties": True}),
    Case("values of a map get another type", BREAKS, {f"{_NEW}/labels/additionalProperties/type": "integer"}),
    Case("a map may have any values", KEEPS, {f"{_NEW}/labels/additionalProperties": True}),
    Case("a map may have fewer entries", BREAKS, {f"{_NEW}/labels/maxProperties": 5}),
    Case("a map may have more entries", KEEPS, {f"{_NEW}/labels/maxProperties": 20}),
    Case("a map needs an entry", BREAKS, {f"{_NEW}/labels/minProperties": 1}),
    Case("minItems is raised", BREAKS, {f"{_NEW}/lines/minItems": 2}),
    Case("minItems is dropped", KEEPS, {f"{_NEW}/lines/minItems": GONE}),
    Case("items must be unique", BREAKS, {f"{_NEW}/tags/uniqueItems": True}),
    Case("an exclusive minimum becomes an inclusive one", KEEPS, {f"{_NEW}/weight": {"type": "number", "minimum": 0, "multipleOf": 0.5}}),
    Case("multipleOf becomes coarser", BREAKS, {f"{_NEW}/weight/multipleOf": 1}),
    Case("multipleOf becomes finer", KEEPS, {f"{_NEW}/weight/multipleOf": 0.25}),
    Case("multipleOf becomes another", BREAKS, {f"{_NEW}/weight/multipleOf": 0.3}),
    Case("a number must be whole", BREAKS, {f"{_NEW}/weight/type": "integer"}),
    Case("an alternative is removed from a oneOf", BREAKS, {f"{_NEW}/payment/oneOf/1": GONE}),
    Case("an alternative is added to a oneOf", KEEPS, {f"{_NEW}/payment/oneOf/-": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cash"}}}}),
    Case("alternatives of a oneOf change their order", KEEPS, {f"{_NEW}/payment/oneOf": DOCUMENT["components"]["schemas"]["NewOrder"]["properties"]["payment"]["oneOf"][::-1]}),
    Case("an alternative needs a longer text", BREAKS, {f"{_S}/Card/properties/number/minLength": 14}),
    Case("an alternative's tag changes", BREAKS, {f"{_S}/Card/properties/kind/const": "creditcard"}),
    Case("a tuple's second place gets another type", BREAKS, {f"{_NEW}/point/prefixItems/1/type": "string"}),
    Case("a property may no longer be null", BREAKS, {f"{_LINE}/note/type": "string", _CREATED: {"type": "object"}, f"{_ORDER}/lines": {"type": "array"}}),
    Case("a read-only property is added", KEEPS, {f"{_NEW}/etag": {"type": "string", "readOnly": True}}),
    Case("a property becomes read-only", BREAKS, {f"{_NEW}/coupon/readOnly": True}),
    Case("a reference is written out", KEEPS, {f"{_NEW}/address": DOCUMENT["components"]["schemas"]["Address"]}),
    Case("a schema is written as an allOf of itself", KEEPS, {f"{_NEW}/address": {"allOf": [{"$ref": "#/components/schemas/Address"}]}}),
    Case("a schema is split into an allOf", KEEPS, {f"{_S}/Address": {"allOf": [{"type": "object", "required": ["street"], "properties": {k: DOCUMENT["components"]["schemas"]["Address"]["properties"][k] for k in ("street", "zip")}}, {"type": "object", "required": ["city"], "properties": {k: DOCUMENT["components"]["schemas"]["Address"]["properties"][k] for k in ("city", "country")}}]}}),
    Case("an allOf adds a needed property", BREAKS, {f"{_NEW}/address": {"allOf": [{"$ref": "#/components/schemas/Address"}, {"required": ["zip"]}]}}),
    Case("a component is renamed", KEEPS, {f"{_S}/Place": DOCUMENT["components"]["schemas"]["Address"], f"{_NEW}/address": {"$ref": "#/components/schemas/Place"}, f"{_S}/Address": GONE}),
    Case("a property's description is added", KEEPS, {f"{_NEW}/coupon/description": "From the newsletter."}),
    Case("a property's default changes", KEEPS, {f"{_NEW}/priority/default": "high"}),
    Case("a property of an open object gets another type", BREAKS, {f"{_NEW}/extra/properties/a/type": "integer"}),
    Case("a `not` is added", BREAKS, {f"{_NEW}/coupon/not": {"const": "00000000-0000-0000-0000-000000000000"}}),
    Case("an unused schema is removed", KEEPS, {f"{_S}/Unused": {"type": "string"}}),
    Case("properties change their order", KEEPS, {_ADDRESS: dict(reversed(DOCUMENT["components"]["schemas"]["Address"]["properties"].items()))}),
    # Answers
    Case("a required property of the answer is removed", BREAKS, {f"{_ORDER}/total": GONE, f"{_S}/Order/required": ["id", "state"]}),
    Case("an optional property of the answer is removed", BREAKS, {f"{_ORDER}/comment": GONE}),
    Case("a property of the answer becomes optional", BREAKS, {f"{_S}/Order/required": ["id", "state"]}),
    Case("a property of the answer becomes required", KEEPS, {f"{_S}/Order/required": ["id", "state", "total", "created"]}),
    Case("an optional property of the answer is added", KEEPS, {f"{_ORDER}/weight": {"type": "number"}}),
    Case("a required property of the answer is added", KEEPS, {f"{_ORDER}/weight": {"type": "number"}, f"{_S}/Order/required": ["id", "state", "total", "weight"]}),
    Case("a property of the answer gets another type", BREAKS, {f"{_ORDER}/total": {"type": "string"}}),
    Case("a number of the answer is always whole", KEEPS, {f"{_ORDER}/total/type": "integer"}),
    Case("a text of the answer may be null", BREAKS, {f"{_ORDER}/comment/type": ["string", "null"]}),
    Case("a number of the answer may no longer be null", KEEPS, {f"{_ORDER}/refund/type": "number"}),
    Case("an enum of the answer gains a value", BREAKS, {f"{_ORDER}/state/enum": ["open", "paid", "shipped", "lost"]}),
    Case("an enum of the answer loses a value", KEEPS, {f"{_ORDER}/state/enum": ["open", "paid"]}),
    Case("an enum of the answer is lifted", BREAKS, {f"{_ORDER}/state/enum": GONE}),
    Case("a maximum of the answer is raised", BREAKS, {f"{_ORDER}/total/maximum": 20_000}),
    Case("a maximum of the answer is lowered", KEEPS, {f"{_ORDER}/total/maximum": 5_000}),
    Case("a minimum of the answer is dropped", BREAKS, {f"{_ORDER}/total/minimum": GONE}),
    Case("maxLength of the answer is dropped", BREAKS, {f"{_ORDER}/comment/maxLength": GONE}),
    Case("maxLength of the answer is lowered", KEEPS, {f"{_ORDER}/comment/maxLength": 100}),
    Case("a pattern of the answer is dropped", BREAKS, {f"{_ORDER}/code/pattern": GONE}),
    Case("a pattern of the answer is added", KEEPS, {f"{_ORDER}/comment/pattern": "^[a-z]*$"}),
    Case("a format of the answer changes", BREAKS, {f"{_ORDER}/created/format": "date"}),
    Case("a format of the answer is dropped", BREAKS, {f"{_ORDER}/created/format": GONE}),
    Case("a list of the answer may be empty", BREAKS, {f"{_ORDER}/lines/minItems": 0}),
    Case("a list of the answer becomes shorter", KEEPS, {f"{_ORDER}/lines/maxItems": 10}),
    Case("an alternative of the answer is added", BREAKS, {f"{_ORDER}/shape/oneOf/-": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cash"}}}}),
    Case("an alternative of the answer is removed", KEEPS, {f"{_ORDER}/shape/oneOf/1": GONE}),
    Case("a recursive property of the answer is removed", BREAKS, {f"{_PERSON}/manager": GONE}),
    Case("a property inside an allOf of the answer becomes optional", BREAKS, {f"{_S}/Person/required": []}),
    Case("a property inside an allOf of the answer is added", KEEPS, {f"{_PERSON}/phone": _TEXT}),
    Case("an allOf of the answer is written out", KEEPS, {f"{_ORDER}/customer": {"type": "object", "required": ["name"], "properties": {**DOCUMENT["components"]["schemas"]["Person"]["properties"], "vip": {"type": "boolean"}}}}),
    Case("the answer becomes a list", BREAKS, {_CREATED: {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}}),
    Case("a list of answers is wrapped in an object", BREAKS, {f"{_LIST}/responses/200/content/application~1json/schema": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}}}}),
    Case("the answer loses its schema", BREAKS, {f"{_CREATED}": GONE}),
    Case("the answer's media type changes", BREAKS, {f"{_GET}/responses/200/content": {"application/xml": {"schema": {"$ref": "#/components/schemas/Order"}}}}),
    Case("an error's schema changes", KEEPS, {f"{_S}/Problem/properties/code": {"type": "integer"}}),
    Case("an error is documented", KEEPS, {f"{_GET}/responses/500": {"description": "Ours."}}),
    Case("an answer's description changes", KEEPS, {f"{_GET}/responses/200/description": "The order."}),
    Case("a write-only property is added to the answer", KEEPS, {f"{_ORDER}/pin": {"type": "string", "writeOnly": True}}),
    Case("a property of the answer becomes write-only", BREAKS, {f"{_ORDER}/comment/writeOnly": True}),
    Case("a text of the answer gets a description", KEEPS, {f"{_ORDER}/comment/description": "Their words."}),
    Case("a status with a schema is added beside one without", KEEPS, {f"{_DELETE}/responses/200": {"description": "Gone.", "content": {"application/json": {"schema": {"type": "object"}}}}}),
    Case("a success has another status", BREAKS, {f"{_CREATE}/responses": {"200": DOCUMENT["paths"]["/orders"]["post"]["responses"]["201"]}}),
    Case("a second success status is removed", BREAKS, {f"{_DELETE}/responses": {"404": {"description": "None such."}}}),
    Case("an error is no longer documented", KEEPS, {f"{_GET}/responses/404": GONE}),
    Case("a boolean of the answer becomes a text", BREAKS, {"/paths/~1health/get/responses/200/content/application~1json/schema/properties/up/type": "string"}),
    Case("a closed enum is written as a const", KEEPS, {f"{_S}/Card/properties/kind": {"enum": ["card"]}}),
    Case("nullable is written as an anyOf", KEEPS, {f"{_ORDER}/refund": {"anyOf": [{"type": "number"}, {"type": "null"}]}}),
    Case("two types are written as an anyOf", KEEPS, {f"{_LINE}/note": {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]}}),
)  # fmt: skip
