"""The examples of `docs/search.md`, against a FakeGateway with tools of a shop."""

import shlex
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from callgate import Effect
from callgate.testing import FakeGateway
from gateway.cli import build
from tests.docs.pages import DOCS, Fence, fences

EXAMPLES = list(fences(DOCS / "search.md"))


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def cancel_order(id: str) -> None:
            """Cancel an order."""

        @gateway.tool(effect=Effect.READ)
        def list_orders() -> list[str]:
            """List all orders."""
            return []

        for name, value in {**gateway.environment, "CALLGATE_TOKEN_FILE": ""}.items():
            monkeypatch.setenv(name, value)
        yield gateway


@pytest.mark.parametrize("fence", [one for one in EXAMPLES if one.language == "console"], ids=lambda one: one.body)
def test_the_command_finds_the_tool(fence: Fence, shop: FakeGateway) -> None:
    program, *words = shlex.split(fence.body.removeprefix("$ "))
    done = CliRunner().invoke(build(), words, env={"COLUMNS": "200"})
    assert (program, done.exit_code) == ("callgate", 0), done.output
    assert "cancel_order@1.0.0" in done.stdout


@pytest.mark.parametrize("fence", [one for one in EXAMPLES if one.language == "python"], ids=lambda one: one.body)
def test_a_program_runs_as_it_is_written(fence: Fence, shop: FakeGateway) -> None:
    exec(compile(fence.body, "search.md", "exec"), {})
    assert shop.calls == []
