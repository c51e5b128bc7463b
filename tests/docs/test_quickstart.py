"""The README's commands, the quickstart and the tutorial, followed one after another as a new user does."""

import re
import sys
from pathlib import Path

import pytest

from gateway.embedded.ports import free_port
from tests.docs.conftest import OF_UP, Stack
from tests.docs.pages import DOCS, REPOSITORY, fences, follow, shell

ACTIVATE = str(Path(sys.executable).with_name("activate"))
ADDRESS = "127.0.0.1:7443"

pytestmark = pytest.mark.slow


def commands(page: Path) -> list[str]:
    """The words of the page's commands, without what a comment says."""
    lines = (line for fence in fences(page) if fence.language == "console" for line in fence.body.splitlines())
    return [re.sub(r"\s+#.*$", "", line[2:]) for line in lines if line.startswith("$ ")]


def test_the_readmes_two_commands_lead_to_a_call_that_works(stack: Stack) -> None:
    assert commands(REPOSITORY / "README.md") == ["make up", "make try"]
    assert '{"id": "ord_1", "item": "tea", "quantity": 1, "status": "open"}' in stack.said
    assert re.search(r"^inv_\w+ create_order@1\.0\.0: succeeded with HTTP status 201$", stack.said, re.MULTILINE)


def test_the_quickstart_can_be_followed_and_prints_what_it_says(stack: Stack) -> None:
    assert commands(DOCS / "quickstart.md")[:2] == ["make up", "make try"]
    changes = {".venv/bin/activate": ACTIVATE, ADDRESS: stack.address, OF_UP: str(stack.home)}
    changes |= {"$ make up\n": "", "$ make try\n": ""}
    followed = follow(DOCS / "quickstart.md", changes, stack.settings | {"CALLGATE_TOKEN_FILE": f"{stack.home}/token"})
    assert len(followed.told) == 4
    assert followed.missing() == []
    assert "{'id': 'ord_2', 'item': 'hinge', 'quantity': 2, 'status': 'open'}" in followed.output


def test_the_readmes_five_lines_get_the_same_answer_for_the_same_key(stack: Stack) -> None:
    [snippet] = [fence.body for fence in fences(REPOSITORY / "README.md") if fence.language == "python"]
    said = shell(f"python - <<'END'\n{snippet}END", stack.operator)
    assert said == "{'id': 'ord_2', 'item': 'hinge', 'quantity': 2, 'status': 'open'}\n"


@pytest.mark.timeout(240)  # some thirty commands, on a machine that may have other work
def test_the_tutorial_leads_from_a_document_to_an_agent_that_acts_once(stack: Stack, tmp_path: Path) -> None:
    changes = {".venv/bin/activate": ACTIVATE, ADDRESS: stack.address, OF_UP: str(stack.home)}
    changes |= {"8090": str(free_port()), "8091": str(free_port()), "build/tutorial": str(tmp_path / "tutorial")}
    followed = follow(DOCS / "tutorial.md", changes, stack.settings, "kill %1 %2")
    assert followed.missing() == []
    first, second = ((tmp_path / "tutorial" / name).read_text().splitlines() for name in ("first", "second"))
    assert [line.split()[:2] for line in first] == [line.split()[:2] for line in second]
    assert len(first) == 2
    assert all("succeeded" in line for line in first)
    assert [line.endswith("from the record") for line in (*first, *second)] == [False, False, True, True]
    assert "order@2.0.0 is active" in followed.output
