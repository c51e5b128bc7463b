"""What is no UTF-8 among the words of the command line is wrong usage, whatever the command."""

import sys

import pytest

from tests.cli.conftest import Callgate, Gateway

WRONG = "\udcff"  # as Python reads the byte 0xff


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
        ("toolset", "import", "--toolset", "x", WRONG),
        ("store", "status", "--home", WRONG),
        ("doctor", "--home", WRONG),
        ("up", "--home", WRONG),
        ("run", "record", WRONG, "true"),
        ("run", "replay", WRONG, "true"),
        ("run", "export", WRONG, "file"),
        (WRONG,),
        (f"--{WRONG}",),
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


def test_a_program_that_is_recorded_may_take_any_bytes(callgate: Callgate) -> None:
    program = "import os, sys; sys.exit(7 if os.fsencode(sys.argv[1]) == b'\\xff' else 1)"
    assert callgate("run", "record", "suite", sys.executable, "-c", program, WRONG).exit_code == 7


@pytest.mark.parametrize("stdin", [b"\xff", b'{"a": "\xff"}'])
def test_arguments_from_stdin_that_are_not_utf_8_are_wrong_usage(callgate: Callgate, gateway: Gateway, stdin: bytes) -> None:
    done = callgate("call", "orders_get", "-", stdin=stdin)
    assert done.exit_code == 2, done.output
    assert "stdin is not UTF-8" in done.stderr
    assert gateway.requests == []
