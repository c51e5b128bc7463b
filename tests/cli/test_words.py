"""A text that is no UTF-8 among the words of the command line is wrong usage, whatever the command; a path may be any bytes."""

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Callgate, Gateway

WRONG = "\udcff"  # as Python reads the byte 0xff
DOCUMENT = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
servers: [{url: "https://api.example"}]
paths: {/orders: {get: {operationId: list_orders, responses: {"200": {description: all}}}}}
"""


@pytest.mark.parametrize(
    "words",
    [
        ("show", WRONG),
        ("find", WRONG),
        ("cancel", WRONG),
        ("call", WRONG),
        ("call", "orders_get", f"a={WRONG}"),
        ("call", "orders_get", "--key", WRONG),
        ("review", "show", WRONG),
        ("review", "resolve", "inv-1", "--declare-failed", "--reason", WRONG),
        ("host", "lost", WRONG, "--reason", "x"),
        ("tools", "--toolset", WRONG),
        ("tools", "show", WRONG),
        ("toolset", "status", WRONG),
        ("toolset", "import", "x.yaml", "--name", WRONG),
        ("toolset", "import", "x.yaml", "--name", "x", "--require-approval", "a", "--require-approval", WRONG),
        ("store", "acknowledge", "--reason", WRONG),
        ("run", "record", WRONG, "true"),
        ("run", "replay", WRONG, "true"),
        ("run", "export", WRONG, "file"),
    ],
    ids=ascii,
)
def test_a_word_that_is_not_utf_8_is_wrong_usage_and_nothing_is_sent(
    callgate: Callgate, gateway: Gateway, words: tuple[str, ...]
) -> None:
    done = callgate(*words)
    assert done.exit_code == 2, done.output
    assert "is not UTF-8" in done.stderr
    assert gateway.requests == []


@pytest.mark.parametrize(
    "words", [(WRONG,), (f"--{WRONG}",), ("toolset", WRONG), ("up", "--home", WRONG), ("show", f"--{WRONG}")]
)
def test_no_command_option_or_home_of_a_stack_is_named_otherwise_than_in_utf_8(
    callgate: Callgate, words: tuple[str, ...]
) -> None:
    done = callgate(*words)
    assert done.exit_code == 2, done.output
    assert not isinstance(done.exception, UnicodeError)


def test_a_file_may_have_any_name(callgate: Callgate, gateway: Gateway, tmp_path: Path) -> None:
    document = tmp_path / f"sp{WRONG}c.yaml"
    document.write_text(DOCUMENT)
    assert callgate("toolset", "import", str(document), "--name", "orders").exit_code == 0
    assert gateway.requests[0][0].header.origin == "sp\N{REPLACEMENT CHARACTER}c.yaml"
    assert callgate("toolset", "verify", str(document)).exit_code == 0
    for output in ("bundle", WRONG):
        assert callgate("toolset", "bundle", str(document), "--output", str(tmp_path / output)).exit_code == 0
    assert json.loads((tmp_path / "bundle").read_text())["openapi"] == "3.1.0"
    assert callgate("run", "export", "suite", str(tmp_path / f"{WRONG}.jsonl")).exit_code == 0
    assert callgate("run", "import", str(tmp_path / f"{WRONG}.jsonl"), "--name", "suite").exit_code == 0


@pytest.mark.parametrize("words", [("doctor",), ("store", "status")])
def test_a_home_where_no_stack_runs_is_told_so_whatever_its_name(
    callgate: Callgate, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "is not set" in callgate(*words, "--home", str(tmp_path / WRONG)).output


def test_a_program_that_is_recorded_may_take_any_bytes(callgate: Callgate) -> None:
    program = "import os, sys; sys.exit(7 if os.fsencode(sys.argv[1]) == b'\\xff' else 1)"
    assert callgate("run", "record", "suite", sys.executable, "-c", program, WRONG).exit_code == 7


@pytest.mark.parametrize("stdin", [b"\xff", b'{"a": "\xff"}'])
def test_arguments_from_stdin_that_are_not_utf_8_are_wrong_usage(callgate: Callgate, gateway: Gateway, stdin: bytes) -> None:
    done = callgate("call", "orders_get", "-", stdin=stdin)
    assert done.exit_code == 2, done.output
    assert "stdin is not UTF-8" in done.stderr
    assert gateway.requests == []
