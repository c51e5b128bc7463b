"""The upstream's API as a document in OpenAPI 3.0: POST is not idempotent, PUT is, GET reads."""

import json
from typing import Any


def document(*, secured: bool) -> bytes:
    amount = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": amount}}}}
    charge = {"name": "charge", "in": "path", "required": True, "schema": {"type": "string"}}
    api: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": "Charges", "version": "1"},
        "paths": {
            "/charges/{charge}": {
                "parameters": [charge],
                "post": _operation("create_charge", **body),
                "put": _operation("replace_charge", **body),
                "get": _operation("read_charge"),
            }
        },
    }
    if secured:
        api |= {"components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}, "security": [{"token": []}]}
    return json.dumps(api).encode()


def _operation(name: str, **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"charged": {"type": "boolean"}}}
    return {
        "operationId": name,
        "summary": name.replace("_", " ").capitalize(),
        "responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": schema}}}},
        **more,
    }
