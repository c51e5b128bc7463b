"""Files that a call's arguments name: put there once, and streamed through a box into a binary or a multipart body."""

import asyncio
import io
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha256
from pathlib import Path

import pytest

from callgate import AsyncClient, FaultCode, Invocation
from callgate.errors import ArtifactExpired, ArtifactNotFound, RequestInvalid
from tests.e2e.hostile import Received
from tests.e2e.house import House
from tests.real_apis.asking import SECRET, failed, operation, succeeded
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.recipes import Recipes, answer, head

MEBI = 1 << 20
CONTENT = b"".join(b"%063d\n" % number for number in range(9 * MEBI // 64)) + b"the end"

BINARY: Json = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
MULTIPART: Json = {
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "file": {"type": "string", "format": "binary"},
                    "more": {"type": "array", "items": {"type": "string", "format": "binary"}},
                },
            }
        }
    }
}


def tool(situation: Situate, recipes: Recipes, body: Json, method: str = "post", **options: object) -> Situation:
    recipes.tell(method.upper(), "/ask", answer(200))
    return situation({"/ask": operation(method, requestBody=body)}, **options)  # type: ignore[arg-type]


def only(recipes: Recipes, method: str = "POST") -> Received:
    (request,) = recipes.received(method, "/ask")
    return request


def parts(request: Received) -> dict[str, bytes]:
    """What the parts of a multipart body hold, by name and filename."""
    head, _, body = request.raw.partition(b"\r\n\r\n")
    message = BytesParser(policy=HTTP).parsebytes(head.partition(b"\r\n")[2] + b"\r\n\r\n" + body)
    found = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        found[f"{name} {part.get_filename()} {part.get_content_type()}"] = part.get_payload(decode=True)
    return found


def body_of(request: Received) -> bytes:
    return request.raw.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("method", ["post", "put"])
def test_an_artifact_is_a_binary_body_with_its_length(
    situation: Situate, recipes: Recipes, house: House, method: str
) -> None:
    stored = house.client.artifacts.put(CONTENT, media_type="text/plain", filename="a.txt")
    assert (stored.size, stored.sha256) == (len(CONTENT), sha256(CONTENT).hexdigest())
    called = tool(situation, recipes, BINARY, method, secret=SECRET).call("ask", {"body": stored.argument})
    succeeded(called)
    request = only(recipes, method.upper())
    assert request.headers["content-length"] == str(len(CONTENT))
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert body_of(request) == CONTENT
    assert called.attempts[0].bytes_out > len(CONTENT)


def test_artifacts_are_files_of_a_multipart_body_between_what_is_told(
    situation: Situate, recipes: Recipes, house: House, tmp_path: Path
) -> None:
    (tmp_path / "small.bin").write_bytes(b"\0small")
    large, small = house.client.artifacts.put(io.BytesIO(CONTENT)), house.client.artifacts.put(tmp_path / "small.bin")
    assert small.filename == "small.bin"
    given = {
        "title": "Both",
        "file": {"base64": large.argument, "filename": "large.txt", "media_type": "text/plain"},
        "more": [small.argument, "AAEC"],
    }
    succeeded(tool(situation, recipes, MULTIPART).call("ask", {"body": given}))
    assert parts(only(recipes)) == {
        "title None text/plain": b"Both",
        "file large.txt text/plain": CONTENT,
        "more more application/octet-stream": b"\0\1\2",
    } | {}
    assert body_of(only(recipes)).count(b"\0small") == 1


def test_an_empty_artifact_is_an_empty_body(situation: Situate, recipes: Recipes, house: House) -> None:
    stored = house.client.artifacts.put(b"")
    succeeded(tool(situation, recipes, BINARY).call("ask", {"body": stored.argument}))
    assert only(recipes).headers["content-length"] == "0"


def test_a_large_answer_can_be_sent_on(situation: Situate, recipes: Recipes, house: House) -> None:
    recipes.tell("GET", "/get", answer(200, CONTENT, media_type="text/plain"))
    recipes.tell("POST", "/ask", answer(200))
    made = situation({"/ask": operation("post", requestBody=BINARY), "/get": operation("get", "fetch")})
    artifact = succeeded(made.call("fetch")).artifact
    assert artifact is not None
    succeeded(made.call("ask", {"body": artifact.argument}))
    assert body_of(only(recipes)) == CONTENT


def test_a_text_that_is_no_file_may_say_what_it_likes(situation: Situate, recipes: Recipes) -> None:
    said = f"artifact:art_{'0' * 32}"
    schema = {"content": {"application/json": {"schema": {"type": "object", "properties": {"note": {"type": "string"}}}}}}
    succeeded(tool(situation, recipes, schema).call("ask", {"body": {"note": said}}))
    assert said.encode() in body_of(only(recipes))


@pytest.mark.parametrize(
    ("id", "refusal"), [(f"art_ffffffff{'0' * 24}", ArtifactNotFound), (f"art_00000001{'0' * 24}", ArtifactExpired)]
)
def test_an_artifact_that_is_not_there_refuses_the_call_before_anything_is_sent(
    situation: Situate, recipes: Recipes, id: str, refusal: type[Exception]
) -> None:
    made = tool(situation, recipes, BINARY)
    with pytest.raises(refusal):
        made.call("ask", {"body": f"artifact:{id}"}, key="the-key-of-a-missing-file")
    assert recipes.requests == []
    assert made.house.client.invocations.find("the-key-of-a-missing-file") is None


def test_what_is_no_artifacts_name_is_no_base64_either(situation: Situate, recipes: Recipes) -> None:
    with pytest.raises(RequestInvalid):
        tool(situation, recipes, BINARY).call("ask", {"body": "artifact:art_short"})


def test_a_preview_shows_where_the_file_goes(situation: Situate, recipes: Recipes, house: House) -> None:
    stored = house.client.artifacts.put(b"abc")
    made = tool(situation, recipes, BINARY)
    preview = house.client.invocations.preview(made.name("ask"), {"body": stored.argument})
    assert preview.request is not None
    assert preview.request.body == f"[artifact {stored.id}]".encode()
    assert preview.refusals == ()


def test_an_upstream_that_answers_before_it_has_read_all_is_heard(
    situation: Situate, recipes: Recipes, house: House
) -> None:
    """It reads nothing of the body, and the box ends at once all the same."""
    stored = house.client.artifacts.put(CONTENT)
    made = tool(situation, recipes, BINARY, server=f"{recipes.url}")
    recipes.early = True
    called: Invocation = made.call("ask", {"body": stored.argument})
    assert called.attempts[0].http_status == 200 or failed(called).fault is FaultCode.UPSTREAM_BROKE


def test_a_redirect_is_not_followed_with_a_body_that_has_passed(
    situation: Situate, recipes: Recipes, house: House
) -> None:
    stored = house.client.artifacts.put(CONTENT)
    recipes.tell("POST", "/moved", answer(200))
    recipes.tell("POST", "/ask", [head(307, "Location: /moved", "Content-Length: 0")])
    made = situation({"/ask": operation("post", requestBody=BINARY)})
    outcome = failed(made.call("ask", {"body": stored.argument}))
    assert "not here any more" in outcome.message
    assert recipes.received("POST", "/moved") == []


def test_a_call_is_tried_again_with_the_whole_file(situation: Situate, recipes: Recipes, house: House) -> None:
    stored = house.client.artifacts.put(CONTENT)
    recipes.tell("PUT", "/ask", answer(503, b"{}"), answer(200))
    made = situation({"/ask": operation("put", requestBody=BINARY)})
    called = made.call("ask", {"body": stored.argument})
    succeeded(called)
    assert [body_of(one) == CONTENT for one in recipes.received("PUT", "/ask")] == [True, True]


async def _put_and_read(house: House, path: Path) -> bytes:
    async with AsyncClient(house.address, token=house.state.token.read_text()) as client:
        stored = await client.artifacts.put(path, media_type="text/plain")
        assert stored.id in [one.id async for one in client.artifacts.list()]
        content = b"".join([piece async for piece in client.artifacts.read(stored)])
        await client.artifacts.delete(stored)
        return content


def test_the_asynchronous_client_does_the_same(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    assert asyncio.run(_put_and_read(house, tmp_path / "file")) == CONTENT
