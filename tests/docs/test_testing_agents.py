"""docs/testing-agents.md, followed from its top to its end, in a folder of its own: with the stack of the quickstart, and with
a FakeGateway that takes what the quickstart's document says."""

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from callgate import Effect
from callgate.testing import FakeGateway, FakeTool
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from tests.docs.conftest import PATH, Stack
from tests.docs.pages import DOCS, REPOSITORY, follow

PAGE = DOCS / "testing-agents.md"
#: The document of `make try`.
ORDERS = REPOSITORY / "examples/orders/openapi.yaml"
PLUGIN = {"PYTEST_PLUGINS": "pytest_callgate", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def shop() -> Iterator[FakeGateway]:
    """Its arguments are those that the document wants, all the way down."""
    drafts = compile_document(load(ORDERS.read_bytes()), ToolsetHeader("orders", "http://127.0.0.1:8080")).drafts
    (draft,) = (one for one in drafts if one.name == "create_order")
    numbers = count(1)

    def create_order(**arguments: Any) -> dict[str, Any]:
        jsonschema_rs.validate(draft.input_schema, arguments)
        return {"id": f"ord_{next(numbers)}", **arguments["body"], "status": "open"}

    with FakeGateway() as gateway:
        gateway._tools.add(
            FakeTool(
                name=draft.name,
                function=create_order,
                input_schema=draft.input_schema,
                effect=Effect.NON_IDEMPOTENT,
                toolset="orders",
            )
        )
        yield gateway


def hold(settings: Mapping[str, str], directory: Path) -> None:
    followed = follow(PAGE, {"my-agent": str(directory)}, {**settings, **PLUGIN})
    assert followed.missing() == [], followed.output
    assert "['create_order@1.0.0']\ncreate_order@1.0.0\n" in followed.output
    assert {one.name for one in directory.glob("*.json")} == {"recordings.json", "order.json"}


def test_the_page_of_tests_and_lock_files_holds_as_it_is_written(shop: FakeGateway, tmp_path: Path) -> None:
    hold({"PATH": PATH, **shop.environment}, tmp_path)


@pytest.mark.slow
def test_the_page_holds_with_the_shop_of_the_quickstart(own_stack: Stack, tmp_path: Path) -> None:
    hold(own_stack.operator, tmp_path)
