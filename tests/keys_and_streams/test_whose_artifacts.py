"""Whose an artifact is, what the log tells of it, and what the command line does with it."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from callgate import Client, RetryPolicy
from callgate.errors import ArtifactNotFound, NotPermitted
from tests.e2e.house import House
from tests.real_apis.asking import operation, succeeded
from tests.real_apis.conftest import Situate
from tests.real_apis.recipes import Recipes, answer

from .test_sent_artifacts import BINARY, body_of

LARGE = b"0123456789abcde\n" * (1 << 17)


def caller(house: House, tenant: str, agent: str, *, rights: tuple[str, ...] = (), tools: tuple[str, ...] = ("*",)) -> Client:
    added = house.client.principals.add(tenant, agent, secrets.token_hex(4), tools=list(tools), rights=list(rights))
    assert added.token is not None
    return house.connect(RetryPolicy(), added.token)


def test_an_artifact_is_there_for_its_owner_and_for_who_reviews_its_tenant(house: House) -> None:
    stored = house.client.artifacts.put(b"mine")
    with (
        caller(house, "local", "another") as another,
        caller(house, "local", "reviewer", rights=("review",)) as reviewer,
        caller(house, "elsewhere", "operator", rights=("review", "operate")) as elsewhere,
    ):
        assert b"".join(reviewer.artifacts.read(stored)) == b"mine"
        for stranger in (another, elsewhere):
            assert stored.id not in [one.id for one in stranger.artifacts.list()]
            for ask in (stranger.artifacts.get, stranger.artifacts.delete):
                with pytest.raises(ArtifactNotFound):
                    ask(stored)
            with pytest.raises(ArtifactNotFound):
                list(stranger.artifacts.read(stored))
        reviewer.artifacts.delete(stored)
    with pytest.raises(ArtifactNotFound):
        house.client.artifacts.get(stored)


def test_a_call_sends_no_file_of_another_agent(situation: Situate, recipes: Recipes, house: House) -> None:
    recipes.tell("POST", "/ask", answer(200))
    made = situation({"/ask": operation("post", requestBody=BINARY)})
    stored = house.client.artifacts.put(b"mine")
    with caller(house, "local", "another") as another:
        with pytest.raises(ArtifactNotFound):
            another.call(made.name("ask"), {"body": stored.argument})
        own = another.artifacts.put(b"its own")
        succeeded(another.call(made.name("ask"), {"body": own.argument}))
    (request,) = recipes.received("POST", "/ask")
    assert body_of(request) == b"its own"


def test_who_may_call_no_tool_puts_no_file_there(house: House) -> None:
    with caller(house, "local", "idle", tools=()) as idle, pytest.raises(NotPermitted):
        idle.artifacts.put(b"a")


def test_each_step_is_on_the_log_with_who_and_which(situation: Situate, recipes: Recipes, house: House) -> None:
    recipes.tell("GET", "/ask", answer(200, LARGE, media_type="text/plain"))
    kept = succeeded(situation({"/ask": operation()}).call("ask")).artifact
    assert kept is not None
    put = house.client.artifacts.put(b"a")
    list(house.client.artifacts.read(put))
    house.client.artifacts.delete(put)
    lines = [json.loads(line) for line in house.log.read_text().splitlines() if '"artifact_' in line]
    told = [(line["event"], line["artifact"]) for line in lines if line["artifact"] in (kept.id, put.id)]
    assert told == [
        ("artifact_kept", kept.id),
        ("artifact_put", put.id),
        ("artifact_read", put.id),
        ("artifact_deleted", put.id),
    ]
    assert {(line["tenant"], line["agent"]) for line in lines if line["artifact"] == put.id} == {("local", "operator")}


def command(house: House, *words: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN_FILE": str(house.state.token)}
    program = [sys.executable, "-c", "from gateway.cli import main; main()", *words]
    done = subprocess.run(program, env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.parametrize(
    ("name", "words", "kind"),
    [
        ("scan.pdf", (), "application/pdf"),
        ("photo.PNG", (), "image/png"),
        ("scan.pdf", ("--filename", "other.csv"), "text/csv"),
        ("scan.pdf", ("--media-type", "image/tiff"), "image/tiff"),
        ("nameless", (), ""),
    ],
)
def test_a_file_has_the_type_that_its_name_says_where_none_is_given(
    house: House, tmp_path: Path, name: str, words: tuple[str, ...], kind: str
) -> None:
    (tmp_path / name).write_bytes(b"x")
    stored = json.loads(command(house, "artifact", "put", str(tmp_path / name), *words, "-o", "json").stdout)
    (listed,) = [
        one for one in json.loads(command(house, "artifact", "list", "-o", "json").stdout) if one["id"] == stored["id"]
    ]
    assert listed["media_type"] == kind


def test_the_command_line_puts_lists_sends_gets_and_deletes(
    situation: Situate, recipes: Recipes, house: House, tmp_path: Path
) -> None:
    recipes.tell("POST", "/ask", answer(200))
    recipes.tell("GET", "/get", answer(200, LARGE, media_type="text/plain"))
    made = situation({"/ask": operation("post", requestBody=BINARY), "/get": operation("get", "fetch")})
    (tmp_path / "file").write_bytes(LARGE)
    put = command(house, "artifact", "put", str(tmp_path / "file"), "--media-type", "text/plain")
    named = put.stdout.decode().strip()
    assert named.startswith("artifact:art_")
    listed = json.loads(command(house, "artifact", "list", "-o", "json").stdout)
    assert named.removeprefix("artifact:") in [one["id"] for one in listed]
    command(house, "call", made.name("ask"), f"body={named}")
    assert body_of(recipes.received("POST", "/ask")[0]) == LARGE
    called = command(house, "call", made.name("fetch"), "--output", str(tmp_path / "answer"))
    assert (tmp_path / "answer").read_bytes() == LARGE
    assert (called.stdout, b"bytes are in" in called.stderr) == (b"", True)
    assert command(house, "call", made.name("fetch"), "--output", "-").stdout == LARGE
    told = command(house, "call", made.name("fetch"))
    assert b"callgate artifact get art_" in told.stderr
    got = command(house, "artifact", "get", named)
    assert got.stdout == LARGE
    assert b"is erased" in command(house, "artifact", "delete", named).stdout
    assert command(house, "artifact", "get", named, code=5).stdout == b""
