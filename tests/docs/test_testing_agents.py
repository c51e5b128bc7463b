"""docs/testing-agents.md, followed from its top to its end, in a folder of its own; a FakeGateway makes the agent's calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callgate.testing import FakeGateway
from tests.docs.conftest import PATH
from tests.docs.pages import DOCS, follow

PAGE = DOCS / "testing-agents.md"


@pytest.fixture
def shop() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def create_order(item: str) -> dict[str, str]:
            return {"id": f"ord_{item}"}

        yield gateway


def test_the_page_of_tests_and_lock_files_holds_as_it_is_written(shop: FakeGateway, tmp_path: Path) -> None:
    settings = {"PATH": PATH, "PYTEST_PLUGINS": "pytest_callgate", "PYTHONDONTWRITEBYTECODE": "1", **shop.environment}
    followed = follow(PAGE, {"my-agent": str(tmp_path)}, settings)
    assert followed.missing() == []
    assert "['create_order@1.0.0']\ncreate_order@1.0.0\n" in followed.output
    assert {one.name for one in tmp_path.glob("*.json")} == {"recordings.json", "order.json"}
