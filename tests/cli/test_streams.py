"""Standard streams that are closed, full, or without a reader by now: in a shell, as a program's own streams are."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from callgate.v1 import invocation_pb2
from gateway.cli.host.up import _say, parts_table
from gateway.cli.terminal.output import UNWRITTEN, console
from tests.cli.conftest import Running
from tests.cli.running_up import CALLGATE, environment

PARTS = {
    "CALLGATE_LISTEN": "127.0.0.1:7443",
    "CALLGATE_REDIS_URL": "redis://127.0.0.1:6379/0",
    "CALLGATE_VAULT_ADDRESS": "https://127.0.0.1:8200",
    "CALLGATE_DOCKER_SOCKET": "/run/docker.sock",
}


def shell(running: Running, words: str) -> "subprocess.CompletedProcess[str]":
    """`callgate` with these words and redirections."""
    extra = {"CALLGATE_ADDRESS": running.address, "CALLGATE_TOKEN": "a-token"}
    script = f'set -o pipefail; "$@" {words}'
    command = ["bash", "-c", script, "bash", *CALLGATE]
    done = subprocess.run(command, env=environment(extra), capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr
    return done


@pytest.fixture(autouse=True)
def answer(running: Running) -> None:
    body = json.dumps(["x" * 1000] * 200).encode()  # more than a pipe holds
    outcome = invocation_pb2.Outcome(succeeded={"result": {"http_status": 200, "body": body}})
    running.gateway.invocation.outcome.CopyFrom(outcome)


@pytest.mark.parametrize("words", ["tools", "tools -o json", "show inv-1 --wait 0.1", "principal list -o yaml"])
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
def test_a_result_that_cannot_be_written_is_told_with_a_code_of_its_own(running: Running, words: str, where: str) -> None:
    done = shell(running, f"{words} {where}")
    assert (done.returncode, "could not be written" in done.stderr) == (UNWRITTEN, True), done.stderr


@pytest.mark.parametrize("where", ["| true", ">/dev/full", ">&-"])
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_call_whose_answer_cannot_be_written_is_not_taken_for_one_that_failed(
    running: Running, where: str, form: str
) -> None:
    done = shell(running, f"call orders_get -o {form} {where}")
    assert done.returncode == UNWRITTEN
    assert "callgate show inv-1" in done.stderr
    assert "succeeded" in done.stderr


def test_a_reader_that_goes_early_is_no_trouble_that_is_told(running: Running) -> None:
    done = shell(running, "show inv-1 --wait 0.1 -o json | true")
    assert (done.returncode, done.stderr) == (UNWRITTEN, "")


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", "2> >(true)"])
def test_a_closed_stderr_leaves_the_result_and_the_code_as_they_are(running: Running, where: str) -> None:
    done = shell(running, f"call orders_get {where}")
    assert (done.returncode, len(json.loads(done.stdout))) == (0, 200)
    assert shell(running, f"find none {where}").returncode == 5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("call orders_get -", "malformed JSON"),
        ("init nowhere.json", "nowhere.json cannot be read"),
    ],
)
def test_a_closed_stdin_is_an_empty_one(running: Running, words: str, told: str) -> None:
    done = shell(running, f"{words} <&-")
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("file", ["/nonexistent/file", "/", "/dev/full"])
@pytest.mark.parametrize("words", ["run export suite {file}", "toolset bundle document.json --output {file}"])
def test_a_file_that_cannot_be_written_is_wrong_usage(running: Running, words: str, file: str) -> None:
    document = '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}'
    made = f"--help >/dev/null; cd $(mktemp -d) && echo '{document}' >document.json; \"$@\" {words.format(file=file)}"
    done = shell(running, made)
    assert (done.returncode, f"{file} cannot be written" in done.stderr) == (2, True), done.stderr


def test_a_stack_goes_on_where_what_it_says_is_read_no_more() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stdout:
        os.close(reader)
        for said in ("READY", parts_table(PARTS, Path(), engine_ours=True)):
            _say(console(stdout), said)


@pytest.mark.parametrize("source", [".", "/", ".."])
def test_a_directory_in_the_place_of_a_document_is_named(running: Running, source: str) -> None:
    done = shell(running, f"toolset import {source} --name orders")
    assert (done.returncode, f"{source} cannot be read: Is a directory" in done.stderr) == (2, True), done.stderr
