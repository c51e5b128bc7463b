"""Files that a call's arguments name: put there once, and streamed through a box into a binary or a multipart body."""

import asyncio
import io
import socket
from hashlib import sha256
from pathlib import Path

import pytest

from callgate import AsyncClient, Succeeded
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


def parts(request: Received) -> list[tuple[str, bytes]]:
    """What the parts of a multipart body say of themselves, and hold."""
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    found = []
    for part in body_of(request).split(b"--" + boundary)[1:-1]:
        said, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found.append((said.decode(), content.removesuffix(b"\r\n")))
    return found


def body_of(request: Received) -> bytes:
    return request.raw.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("method", ["post", "put"])
def test_an_artifact_is_a_binary_body_with_its_length(situation: Situate, recipes: Recipes, house: House, method: str) -> None:
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
    empty = house.client.artifacts.put(b"")
    given = {
        "title": "Both",
        "file": {"base64": large.argument, "filename": "large.txt", "media_type": "text/plain"},
        "more": [small.argument, empty.argument, "AAEC"],
    }
    succeeded(tool(situation, recipes, MULTIPART).call("ask", {"body": given}))
    disposition = "Content-Disposition: form-data"
    octets = "Content-Type: application/octet-stream"
    assert parts(only(recipes)) == [
        (f'{disposition}; name="title"', b"Both"),
        (f'{disposition}; name="file"; filename="large.txt"\r\nContent-Type: text/plain', CONTENT),
        (f'{disposition}; name="more"; filename="more"\r\n{octets}', b"\0small"),
        (f'{disposition}; name="more"; filename="more"\r\n{octets}', b""),
        (f'{disposition}; name="more"; filename="more"\r\n{octets}', b"\0\1\2"),
    ]


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


def test_an_upstream_that_answers_before_it_has_read_all_is_heard(situation: Situate, house: House) -> None:
    """It reads the head alone, and leaves the rest of 9 MiB where it is."""
    stored = house.client.artifacts.put(CONTENT)
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        made = situation({"/ask": operation("post", requestBody=BINARY)}, server=f"http://{host}:{port}")
        called = house.begin(made.name("ask"), {"body": stored.argument}, "the-key-of-an-early-answer")
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}")
            assert failed(called.result(timeout=10)).http_status == 413


def test_an_artifact_that_is_cut_short_in_the_store_is_no_whole_body(
    situation: Situate, recipes: Recipes, house: House
) -> None:
    """The upstream gets no request that looks complete."""
    stored = house.client.artifacts.put(CONTENT)
    (data,) = house.state.artifacts.rglob(f"{stored.id}.data")
    with data.open("r+b") as file:
        file.truncate(MEBI)
    called = tool(situation, recipes, BINARY).call("ask", {"body": stored.argument})
    assert not isinstance(called.outcome, Succeeded)
    assert all(len(body_of(one)) < len(CONTENT) for one in recipes.requests)


def test_a_redirect_is_not_followed_with_a_body_that_has_passed(situation: Situate, recipes: Recipes, house: House) -> None:
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
