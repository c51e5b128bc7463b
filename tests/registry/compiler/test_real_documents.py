"""Documents that other people wrote, for services that exist."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.compiler.compiler import Compiled, ToolsetHeader, compile_document
from registry.document.loading import load
from registry.model.errors import RegistryError
from registry.model.tool import JsonObject
from registry.model.versions import decode, encode, first
from registry.verify.verifying import verify

HEADER = ToolsetHeader("things", server="https://api.example.com/v1")
SMALL = {
    "learn.openapis.org/examples/v3.0/petstore.yaml": 3,
    "learn.openapis.org/examples/v3.0/petstore.json": 3,
    "swagger-petstore/src/main/resources/openapi.yaml": 19,
    "train-travel-api/openapi.yaml": 7,
    "museum-openapi-example/openapi.yaml": 8,
}


def _compile(path: Path) -> tuple[JsonObject, Compiled]:
    document = load(path.read_bytes())
    return document, compile_document(document, HEADER)


@pytest.mark.parametrize("name", SMALL)
def test_every_operation_becomes_a_tool_whose_requests_the_judge_accepts(specs: Path, name: str) -> None:
    document, compiled = _compile(specs / name)
    verification = verify(document, compiled)
    assert verification.refusals == ()
    assert verification.operations == SMALL[name]
    assert verification.accepted == verification.samples == 3 * SMALL[name]


@pytest.mark.slow
def test_all_of_a_document_of_thirteen_megabytes_becomes_tools(specs: Path) -> None:
    _, compiled = _compile(specs / "octokit" / "api.github.com.json")
    assert len(compiled.drafts) == 1_223
    assert len({draft.name for draft in compiled.drafts}) == 1_223
    assert sum(draft.output_schema is not None for draft in compiled.drafts) > 900
    versions = [first(draft) for draft in compiled.drafts]
    assert [decode(encode(version)) for version in versions] == versions


def _mid_sized(specs: Path) -> Iterator[Path]:
    for path in sorted(specs.rglob("*")):
        if path.suffix in (".json", ".yaml", ".yml") and 1_000 < path.stat().st_size < 300_000:
            yield path


@pytest.mark.slow
def test_no_document_ends_in_anything_but_tools_faults_or_a_typed_error(specs: Path) -> None:
    compiled: list[Compiled] = []
    refused: list[RegistryError] = []
    for path in _mid_sized(specs):
        try:
            compiled.append(_compile(path)[1])
        except RegistryError as error:
            refused.append(error)
    assert sum(len(one.drafts) for one in compiled) > 3_000
    assert len(refused) > 2
    assert all(error.cure for error in refused)
    assert all(fault.pointer.startswith("/") and fault.cure for one in compiled for fault in one.faults)
