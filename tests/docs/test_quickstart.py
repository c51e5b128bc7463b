"""The README's commands, the quickstart and the tutorial, followed one after another as a new user does."""

import re
import sys
from pathlib import Path

import pytest

from gateway.embedded.ports import free_port
from tests.docs.conftest import OF_UP, TUTORIAL, Stack
from tests.docs.pages import DOCS, REPOSITORY, fences, follow, shell

#: As the pages have it, and here.
ACTIVATED = ".venv/bin/activate"
ACTIVATE = str(Path(sys.executable).with_name("activate"))
ADDRESS = "127.0.0.1:7443"
#: Where GitHub publishes its document.
GITHUB = "https://raw.githubusercontent.com/github/rest-api-description/main/descriptions/api.github.com/api.github.com.json"

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
    changes = {ACTIVATED: ACTIVATE, ADDRESS: stack.address, OF_UP: str(stack.home)}
    changes |= {"$ make up\n": "", "$ make try\n": ""}
    followed = follow(DOCS / "quickstart.md", changes, stack.settings | {"CALLGATE_TOKEN_FILE": f"{stack.home}/token"})
    assert len(followed.told) == 4
    assert followed.missing() == []
    assert "{'id': 'ord_2', 'item': 'hinge', 'quantity': 2, 'status': 'open'}" in followed.output


def test_the_readmes_five_lines_get_the_same_answer_for_the_same_key(stack: Stack) -> None:
    [snippet] = [fence.body for fence in fences(REPOSITORY / "README.md") if fence.language == "python"]
    said = shell(f"python - <<'END'\n{snippet}END", stack.operator)
    assert said == "{'id': 'ord_2', 'item': 'hinge', 'quantity': 2, 'status': 'open'}\n"


def of_the_tutorial(stack: Stack, directory: Path) -> dict[str, str]:
    """The changes to follow it in this directory, beside a gateway that has been started as it says."""
    up = fences(DOCS / "tutorial.md")[0].body
    assert up.endswith("$ CALLGATE_CA_FILE=build/tutorial/library.pem make up\n")
    ports = {port: str(free_port()) for port in ("8090", "8091", "8092", "8093")}
    places = {ACTIVATED: ACTIVATE, OF_UP: str(stack.home), TUTORIAL: str(directory)}
    return {up: "", **places, **ports}


def is_githubs(section: str) -> bool:
    return section.startswith("9. GitHub")


@pytest.mark.timeout(600)  # some fifty commands, on a machine that may have other work
def test_the_tutorial_leads_from_a_document_to_an_agent_that_acts_once(stack: Stack, tutorial: Path) -> None:
    changes = of_the_tutorial(stack, tutorial)
    followed = follow(DOCS / "tutorial.md", changes, stack.settings, lambda section: not is_githubs(section))
    assert followed.missing() == []
    first, second = ((tutorial / name).read_text().splitlines() for name in ("first", "second"))
    assert [line.split()[:2] for line in first] == [line.split()[:2] for line in second]
    assert len(first) == 2
    assert all("succeeded" in line for line in first)
    assert [line.endswith("from the record") for line in (*first, *second)] == [False, False, True, True]
    assert "order@2.0.0 is active" in followed.output


@pytest.mark.timeout(600)
def test_the_tutorial_calls_tools_of_githubs_own_document(stack: Stack, tutorial: Path, specs: Path) -> None:
    changes = of_the_tutorial(stack, tutorial) | {GITHUB: str(specs / "octokit" / "api.github.com.json")}
    followed = follow(DOCS / "tutorial.md", changes, stack.settings, lambda section: section == "" or is_githubs(section))
    assert followed.missing() == []
