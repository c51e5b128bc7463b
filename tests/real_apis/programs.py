"""Container tools for situations: the tests' program, in a box, under a document and a manifest of a test's own."""

import base64
import itertools
import json
from typing import Any, Protocol

import docker
import pytest

from callgate import Invocation
from tests.e2e.house import House

Json = dict[str, Any]
_numbers = itertools.count(1)
_ORDER = {"type": "object", "required": ["do"], "properties": {"do": {"type": "string"}}, "additionalProperties": True}


class RunProgram(Protocol):
    """Offers a container tool and calls it once. `order`: what its program is to do. `answer`: the schema of its answer, in
    `media_type`. `container` and `settings`: words of the manifest."""

    def __call__(
        self,
        order: Json,
        *,
        answer: Json | None = None,
        media_type: str = "application/json",
        container: Json | None = None,
        settings: Json | None = None,
    ) -> Invocation: ...


@pytest.fixture(scope="module")
def program_image(tool_image: str, dockerd: docker.APIClient) -> str:
    """The tests' program, by its content."""
    return str(dockerd.inspect_image(tool_image)["Id"])


@pytest.fixture
def run_program(house: House, program_image: str) -> RunProgram:
    def run(
        order: Json,
        *,
        answer: Json | None = None,
        media_type: str = "application/json",
        container: Json | None = None,
        settings: Json | None = None,
    ) -> Invocation:
        name = f"program_{next(_numbers)}"
        program = {"image": program_image, "command": ["/bin/tool", "unwrap"], **(container or {})}
        toolset = name.replace("_", "-")
        manifest = {"toolset": toolset, "operations": {name: {"container": program, **(settings or {})}}}
        report = house.client.toolsets.import_openapi(
            _document(name, {media_type: {"schema": answer or {}}}), toolset, manifest=json.dumps(manifest).encode()
        )
        assert report.faults == ()
        house.promote(report)
        return house.client.call(name, {"body": order})

    return run


def _document(name: str, content: Json) -> bytes:
    body = {"required": True, "content": {"application/json": {"schema": _ORDER}}}
    responses = {"200": {"description": "What it wrote.", "content": content}}
    paths = {f"/{name}": {"post": {"operationId": name, "requestBody": body, "responses": responses}}}
    return json.dumps({"openapi": "3.1.0", "info": {"title": name, "version": "1"}, "paths": paths}).encode()


def writing(output: bytes, code: int = 0, errors: str = "") -> Json:
    """The order to write this to its output and its error output, and to end with this status."""
    return {"do": "leave", "bytes": base64.b64encode(output).decode(), "code": code, "text": errors}
