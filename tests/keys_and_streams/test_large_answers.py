"""Answers over a tool's bound: kept as artifacts, bounded, without the secret, and read to the byte."""

import base64
import gzip
from hashlib import sha256
from pathlib import Path

import pytest

from callgate import Artifact, FaultCode, Invocation, LimitExceeded, TimedOut
from callgate.errors import RequestInvalid
from tests.e2e.house import House, eventually
from tests.e2e.leaks import leaks
from tests.real_apis.asking import SECRET, asked, failed, operation, succeeded
from tests.real_apis.conftest import Situate
from tests.real_apis.recipes import HANG, Recipes, answer, head

MEBI = 1 << 20


def large(size: int = 5 * MEBI) -> bytes:
    """Lines of 64 bytes, each another one."""
    return b"".join(b"%063d\n" % number for number in range(size // 64 + 1))[:size]


def artifact_of(called: Invocation) -> Artifact:
    result = succeeded(called)
    assert result.artifact is not None
    return result.artifact


def files(house: House) -> set[Path]:
    return {path for path in house.state.artifacts.rglob("*") if path.is_file()}


def test_an_answer_over_the_bound_is_an_artifact_and_its_beginning_is_told(
    situation: Situate, recipes: Recipes, house: House, tmp_path: Path
) -> None:
    body = large()
    called = asked(situation, recipes, answer(200, body, media_type="text/plain"))
    result, artifact = succeeded(called), artifact_of(called)
    assert (artifact.size, artifact.sha256, artifact.media_type) == (len(body), sha256(body).hexdigest(), "text/plain")
    assert result.body == body[:4096]
    assert f"is the artifact {artifact.id}" in result.for_model
    assert house.client.artifacts.download(artifact, tmp_path / "answer.txt") == len(body)
    assert (tmp_path / "answer.txt").read_bytes() == body
    assert [path.name for path in tmp_path.iterdir()] == ["answer.txt"]
    known = house.client.artifacts.get(artifact)
    assert (known.invocation_id, known.agent, known.sha256) == (called.id, "operator", artifact.sha256)


def test_an_answer_at_the_bound_is_told_and_one_byte_more_is_an_artifact(situation: Situate, recipes: Recipes) -> None:
    at, over = answer(200, large(MEBI), media_type="text/plain"), answer(200, large(MEBI + 1), media_type="text/plain")
    assert succeeded(asked(situation, recipes, at)).artifact is None
    assert artifact_of(asked(situation, recipes, over, method="put")).size == MEBI + 1


def test_of_bytes_that_are_no_text_nothing_is_told(situation: Situate, recipes: Recipes, house: House) -> None:
    body = bytes(range(256)) * 8192
    called = asked(situation, recipes, answer(200, body, media_type="image/png"))
    assert succeeded(called).body == b""
    assert b"".join(house.client.artifacts.read(artifact_of(called))) == body


def test_json_that_is_an_artifact_is_held_to_no_schema(situation: Situate, recipes: Recipes) -> None:
    called = asked(situation, recipes, answer(200, b'["' + large(2 * MEBI).replace(b"\n", b" ") + b'"]'))
    result = succeeded(called)
    assert result.matches_schema is None
    assert result.artifact is not None
    with pytest.raises(ValueError, match=r"client\.artifacts"):
        called.json()


def test_an_artifact_is_read_on_from_any_place(situation: Situate, recipes: Recipes, house: House) -> None:
    artifact = artifact_of(asked(situation, recipes, answer(200, large(), media_type="text/plain")))
    assert b"".join(house.client.artifacts.read(artifact, offset=3 * MEBI + 1)) == large()[3 * MEBI + 1 :]
    assert b"".join(house.client.artifacts.read(artifact, offset=artifact.size)) == b""
    with pytest.raises(RequestInvalid):
        list(house.client.artifacts.read(artifact, offset=artifact.size + 1))


def test_a_chunked_answer_is_an_artifact_and_so_is_a_coded_one_decoded(situation: Situate, recipes: Recipes) -> None:
    coded = gzip.compress(large())
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in (coded[:1000], coded[1000:])]
    lines = ("Content-Type: text/plain", "Content-Encoding: gzip", "Transfer-Encoding: chunked")
    called = asked(situation, recipes, [head(200, *lines), *chunks, b"0\r\n\r\n"])
    assert artifact_of(called).sha256 == sha256(large()).hexdigest()


@pytest.mark.parametrize("cut", [0, 1, 7, 31])
def test_the_secret_is_cut_out_of_what_goes_to_the_store_also_over_borders(
    situation: Situate, recipes: Recipes, house: House, cut: int
) -> None:
    """The runner reads 32 KiB at a time, the gateway passes on 512 KiB: the secret lies across both, and in base64."""
    body, places = bytearray(large()), (32 << 10, 512 << 10, MEBI, 3 * MEBI)
    for place in places:
        body[place - cut : place - cut + len(SECRET)] = SECRET.encode()
    encoded = base64.b64encode(b"Bearer " + SECRET.encode())
    body[4 * MEBI - cut : 4 * MEBI - cut + len(encoded)] = encoded
    called = asked(situation, recipes, answer(200, bytes(body), media_type="text/plain"), secret=SECRET)
    read = b"".join(house.client.artifacts.read(artifact_of(called)))
    assert read.count(b"[REDACTED]") == len(places) + 1
    stored = {str(path): path.read_bytes() for path in house.state.artifacts.rglob("*") if path.is_file()}
    assert leaks([SECRET], {"read": read, **stored}) == []


def test_a_large_failure_is_no_artifact(situation: Situate, recipes: Recipes, house: House) -> None:
    before = files(house)
    called = asked(situation, recipes, answer(500, large(), media_type="text/plain"))
    assert failed(called).http_status == 500
    assert files(house) == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_answer_that_breaks_off_leaves_nothing(situation: Situate, recipes: Recipes, house: House, method: str) -> None:
    before = files(house)
    lines = head(200, "Content-Type: text/plain", f"Content-Length: {6 * MEBI}")
    called = asked(situation, recipes, [lines, large()], method=method)
    assert failed(called).fault is FaultCode.UPSTREAM_BROKE
    assert files(house) == before


def test_an_answer_that_does_not_come_to_its_end_in_time_leaves_nothing(
    situation: Situate, recipes: Recipes, house: House
) -> None:
    before = files(house)
    lines = head(200, "Content-Type: text/plain", f"Content-Length: {6 * MEBI}")
    manifest = {"defaults": {"limits": {"timeout": 1.5, "attempt_timeout": 1.5}}}
    called = asked(situation, recipes, [lines, large(), HANG], method="post", manifest=manifest)
    assert isinstance(called.outcome, TimedOut), called.outcome
    assert called.outcome.http_status == 200
    eventually(lambda: files(house) == before)


def test_a_tool_that_holds_answers_to_its_schema_gets_no_artifact(situation: Situate, recipes: Recipes) -> None:
    called = asked(situation, recipes, answer(200, large()), manifest={"defaults": {"strict_responses": True}})
    assert isinstance(called.outcome, LimitExceeded), called.outcome


def test_the_same_key_gives_the_same_artifact_and_nothing_runs(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("GET", "/ask", answer(200, large(), media_type="text/plain"))
    made = situation({"/ask": operation()})
    first, again = (made.call("ask", key="the-key-of-a-large-answer") for _ in range(2))
    assert artifact_of(first) == artifact_of(again)
    assert len(recipes.received("GET", "/ask")) == 1
    made.house.stop_gateway()
    made.house.start_gateway()
    assert artifact_of(made.call("ask", key="the-key-of-a-large-answer")) == artifact_of(first)


def test_of_a_long_stream_that_has_no_end_what_came_is_an_artifact(situation: Situate, recipes: Recipes, house: House) -> None:
    lines = b'{"a": 1}\n' * (3 * MEBI // 9)
    manifest = {"defaults": {"limits": {"timeout": 2, "attempt_timeout": 2}}}
    told = [head(200, "Content-Type: application/x-ndjson"), lines, HANG]
    called = asked(situation, recipes, told, manifest=manifest)
    assert isinstance(called.outcome, TimedOut), called.outcome
    result = called.outcome.result
    assert result is not None
    assert result.body == lines[:4096]
    assert result.artifact is not None
    kept = b"".join(house.client.artifacts.read(result.artifact))
    assert lines.startswith(kept)
    # All but what was on its way through the box.
    assert len(kept) > len(lines) - (64 << 10)


def test_a_line_of_json_lines_that_is_larger_than_the_bound_is_an_artifact(situation: Situate, recipes: Recipes) -> None:
    line = b'"' + b"x" * (20 * MEBI) + b'"\n'
    called = asked(situation, recipes, answer(200, line, media_type="application/x-ndjson"))
    assert artifact_of(called).size == len(line)
    assert len(succeeded(called).body) == 4096
