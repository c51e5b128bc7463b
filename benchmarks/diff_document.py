"""The API whose changes `diff_cases` labels: a shop that uses a little of everything that OpenAPI offers."""

from typing import Any

JsonObject = dict[str, Any]


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(schema: JsonObject, description: str = "Done.", headers: JsonObject | None = None) -> JsonObject:
    answer = {"description": description, "content": {"application/json": {"schema": schema}}}
    return answer | ({"headers": headers} if headers else {})


def _body(schema: JsonObject, *, required: bool = True) -> JsonObject:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, place: str, schema: JsonObject, **more: Any) -> JsonObject:
    return {"name": name, "in": place, "schema": schema, **more}


_ADDRESS: JsonObject = {
    "type": "object",
    "required": ["street", "city"],
    "properties": {
        "street": {"type": "string", "maxLength": 80},
        "city": {"type": "string", "minLength": 1},
        "zip": {"type": "string", "pattern": "^[0-9]{5}$"},
        "country": {"type": "string", "enum": ["DE", "FR", "IT"]},
    },
}
_LINE: JsonObject = {
    "type": "object",
    "required": ["sku", "quantity"],
    "properties": {
        "sku": {"type": "string"},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 100},
        "gift": {"type": "boolean", "default": False},
        "note": {"type": ["string", "null"], "maxLength": 200},
    },
}
_NEW_ORDER: JsonObject = {
    "type": "object",
    "required": ["lines"],
    "properties": {
        "lines": {"type": "array", "items": _ref("Line"), "minItems": 1, "maxItems": 50},
        "address": _ref("Address"),
        "coupon": {"type": "string", "format": "uuid"},
        "weight": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 10},
        "payment": {"oneOf": [_ref("Card"), _ref("Transfer")]},
        "priority": {"type": "string", "enum": ["low", "high"], "default": "low"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": False},
        "secret": {"type": "string", "writeOnly": True},
        "id": {"type": "string", "readOnly": True},
        "extra": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True},
        "point": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}], "minItems": 2},
    },
}
_CARD: JsonObject = {
    "type": "object",
    "title": "Card",
    "required": ["kind", "number"],
    "properties": {"kind": {"const": "card"}, "number": {"type": "string", "minLength": 12}},
}
_TRANSFER: JsonObject = {
    "type": "object",
    "title": "Transfer",
    "required": ["kind", "iban"],
    "properties": {"kind": {"const": "transfer"}, "iban": {"type": "string"}},
}
_ORDER: JsonObject = {
    "type": "object",
    "required": ["id", "state", "total"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"type": "string", "enum": ["open", "paid", "shipped"]},
        "total": {"type": "number", "minimum": 0, "maximum": 10_000},
        "created": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "items": _ref("Line"), "minItems": 1, "maxItems": 50},
        "customer": {"allOf": [_ref("Person"), {"type": "object", "properties": {"vip": {"type": "boolean"}}}]},
        "comment": {"type": "string", "maxLength": 500, "description": "What the customer said."},
        "refund": {"type": ["number", "null"]},
        "code": {"type": "string", "pattern": "^[A-Z]+$"},
        "shape": {"oneOf": [_ref("Card"), _ref("Transfer")]},
    },
}
_PERSON: JsonObject = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "email": {"type": "string", "format": "email"}, "manager": _ref("Person")},
}

_CREATED_HEADERS: JsonObject = {
    "Location": {"required": True, "schema": {"type": "string"}},
    "X-Rate-Limit": {"schema": {"type": "integer"}},
    "ETag": {"$ref": "#/components/headers/ETag"},
}

DOCUMENT: JsonObject = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1.0.0"},
    "servers": [{"url": "https://api.shop.example/v1", "description": "production"}],
    "security": [{"key": []}],
    "tags": [{"name": "orders"}],
    "paths": {
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "summary": "Lists orders.",
                "tags": ["orders"],
                "parameters": [
                    _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
                    _parameter("state", "query", {"type": "string", "enum": ["open", "paid", "shipped"]}),
                    _parameter("ids", "query", {"type": "array", "items": {"type": "string"}, "maxItems": 20}),
                    _parameter("since", "query", {"type": "string", "format": "date"}),
                    _parameter(
                        "filter", "query", {"type": "object", "properties": {"min": {"type": "number"}}}, style="deepObject"
                    ),
                    _parameter("X-Region", "header", {"type": "string", "pattern": "^[a-z]{2}$"}),
                    _parameter("q", "query", {"type": "string", "maxLength": 50}, description="Full text."),
                ],
                "responses": {"200": _answer({"type": "array", "items": _ref("Order")})},
            },
            "post": {
                "operationId": "createOrder",
                "summary": "Places an order.",
                "tags": ["orders"],
                "requestBody": _body(_ref("NewOrder")),
                "responses": {
                    "201": _answer(_ref("Order"), headers=_CREATED_HEADERS),
                    "409": _answer(_ref("Problem"), "Taken.", {"Retry-After": {"schema": {"type": "integer"}}}),
                },
            },
        },
        "/orders/{id}": {
            "parameters": [_parameter("id", "path", {"type": "string", "minLength": 1, "maxLength": 36}, required=True)],
            "get": {
                "operationId": "getOrder",
                "description": "Reads one order.",
                "parameters": [_parameter("fields", "query", {"type": "array", "items": {"type": "string"}})],
                "responses": {"200": _answer(_ref("Order")), "404": {"description": "None such."}},
            },
            "patch": {
                "operationId": "changeOrder",
                "requestBody": _body({"type": "object", "properties": {"note": {"type": "string"}}}, required=False),
                "security": [{"login": ["orders:write"]}, {"key": []}],
                "responses": {"200": _answer(_ref("Order"))},
            },
            "delete": {"operationId": "deleteOrder", "responses": {"204": {"description": "Gone."}}},
        },
        "/health": {
            "get": {
                "operationId": "health",
                "security": [],
                "responses": {"200": _answer({"type": "object", "properties": {"up": {"type": "boolean"}}})},
            }
        },
    },
    "components": {
        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "login": {
                "type": "oauth2",
                "flows": {
                    "clientCredentials": {
                        "tokenUrl": "https://login.shop.example/token",
                        "scopes": {"orders:write": "change", "orders:admin": "all"},
                    }
                },
            },
            "people": {"type": "openIdConnect", "openIdConnectUrl": "https://login.shop.example/.well-known/openid"},
        },
        "schemas": {
            "Address": _ADDRESS,
            "Card": _CARD,
            "Line": _LINE,
            "NewOrder": _NEW_ORDER,
            "Order": _ORDER,
            "Person": _PERSON,
            "Problem": {
                "type": "object",
                "required": ["code"],
                "properties": {
                    "code": {"type": "string"},
                    "reason": {"type": "string", "enum": ["taken", "closed"]},
                    "hint": {"type": "string"},
                },
            },
            "Transfer": _TRANSFER,
        },
    },
}
