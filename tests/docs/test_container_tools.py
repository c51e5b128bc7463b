"""The commands of container-tools.md: an author's program, from its image to a call."""

import pytest

from examples.calculator.build import HERE
from tests.docs.conftest import Stack
from tests.docs.pages import DOCS, fences, shell

PAGE = DOCS / "container-tools.md"
MANIFEST = HERE / "callgate.toolset.yaml"
pytestmark = pytest.mark.slow


def test_a_program_becomes_a_tool_by_the_pages_commands(stack: Stack) -> None:
    [commands] = [fence.body for fence in fences(PAGE) if fence.language == "bash"]
    try:
        said = shell(commands, stack.settings)
    finally:
        MANIFEST.unlink(missing_ok=True)
    assert '"value":"1/2"' in said.replace(" ", "")
