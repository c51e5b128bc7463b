"""A tool version that asks for a kernel of its own, through the whole gateway: it gets one, or nothing."""

import json

import docker
import pytest

from callgate import Succeeded
from callgate.errors import EngineUnavailable

from .house import House

TOOLSET = "guarded"


def test_a_version_that_asks_for_gvisor_is_never_run_without(house: House, tool_image: str, dockerd: docker.APIClient) -> None:
    name = "kernel_of_its_own"
    answers = {"200": {"description": "its order", "content": {"application/json": {"schema": {}}}}}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    operation = {"operationId": name, "requestBody": body, "responses": answers}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/run": {"post": operation}}}
    image = dockerd.inspect_image(tool_image)["Id"]
    settings = {"runtime": "runsc", "container": {"image": image, "command": ["/bin/tool", "unwrap"]}}
    manifest = {"toolset": TOOLSET, "operations": {name: settings}}
    report = house.client.toolsets.import_openapi(
        json.dumps(document).encode(), TOOLSET, manifest=json.dumps(manifest).encode()
    )
    assert report.faults == ()
    if "runsc" in dockerd.info()["Runtimes"]:
        assert isinstance(house.client.call(name, {"body": {"do": "echo"}}).outcome, Succeeded)
    else:
        with pytest.raises(EngineUnavailable, match="runsc"):
            house.client.call(name, {"body": {"do": "echo"}})
