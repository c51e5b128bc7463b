"""What is wrong with a request is told in two seconds, by a typed error with a cure, and leaves nothing behind."""

import json
from collections.abc import Iterator

import pytest

from callgate import CallgateError, RetryPolicy
from callgate.errors import (
    ArgumentsInvalid,
    DocumentInvalid,
    DocumentTooLarge,
    RequestInvalid,
    ToolNotFound,
    Unauthenticated,
)

from .conftest import OpenShop
from .hostile import Hostile, description
from .house import House, eventually, within

Refusal = type[CallgateError] | tuple[type[CallgateError], ...]

ALIAS_BOMB = b"openapi: 3.1.0\na: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b", ".join([b"*%c" % (name - 1)] * 9)) for name in range(ord("b"), ord("k"))
)
DOCUMENTS: dict[str, tuple[bytes, Refusal]] = {
    "empty": (b"", DocumentInvalid),
    "white": (b" \n\n", DocumentInvalid),
    "malformed JSON": (b'{"openapi": "3.1.0", ', DocumentInvalid),
    "malformed YAML": (b"openapi: [3.1.0\npaths: }", DocumentInvalid),
    "no OpenAPI": (b'{"swagger": "2.0", "paths": {}}', DocumentInvalid),
    "binary": (b"\x00\xff\xfe\x80" * 100, DocumentInvalid),
    "51 MB": (b'{"openapi": "3.1.0"' + b" " * 51_000_000 + b"}", DocumentTooLarge),
    "nested too deeply": (b'{"openapi": "3.1.0", "paths": ' + b"[" * 500 + b"]" * 500 + b"}", DocumentTooLarge),
    "alias bomb": (ALIAS_BOMB, (DocumentInvalid, DocumentTooLarge)),
}
REFERENCES: dict[str, tuple[str, Refusal]] = {
    "unknown tool": ("no_such_tool", ToolNotFound),
    "unknown version": ("list_orders@9.9.9", ToolNotFound),
    "unknown digest": (f"list_orders@sha256:{'0' * 64}", ToolNotFound),
    "malformed reference": ("list orders!", RequestInvalid),
    "malformed version": ("list_orders@newest", RequestInvalid),
}
PRIVATE = "a-very-private-value"
ARGUMENTS: dict[str, tuple[dict[str, object], set[str]]] = {
    "wrong types": ({"body": {"item": 7, "quantity": PRIVATE}}, {"/body/item", "/body/quantity"}),
    "missing": ({"body": {"item": PRIVATE}}, {"/body"}),
    "no body": ({}, {""}),
    "unknown field": ({"body": {"item": PRIVATE, "quantity": 1, "colour": PRIVATE}}, {"/body"}),
    "out of range": ({"body": {"item": PRIVATE, "quantity": 1_000_000}}, {"/body/quantity"}),
}


@pytest.fixture(autouse=True)
def nothing_is_left(house: House, shop: OpenShop) -> Iterator[None]:
    eventually(house.is_at_rest, what="the boxes to be at rest")
    boxes = house.boxes()
    yield
    assert house.boxes() == boxes, "a box was used"
    assert house.live_tokens() == []
    assert shop.state.requests == 0


def assert_helpful(error: CallgateError) -> None:
    assert error.message
    assert error.cure
    assert error.reason
    assert not error.retryable


@pytest.mark.parametrize("what", DOCUMENTS)
def test_a_bad_document_is_refused(house: House, what: str) -> None:
    document, expected = DOCUMENTS[what]
    tools = list(house.client.tools.list())
    with within(2), pytest.raises(expected) as refusal:
        house.client.toolsets.import_openapi(document, "bad", server="http://127.0.0.1:9")
    assert_helpful(refusal.value)
    assert list(house.client.tools.list()) == tools


def with_reference(target: str) -> bytes:
    """A document of which one operation refers to `target`."""
    document = json.loads(description(prefix="doubtful_"))
    document["paths"]["/plain"]["get"]["parameters"] = [{"$ref": target}]
    return json.dumps(document).encode()


def test_a_reference_to_a_url_is_a_fault_and_no_server_is_asked(house: House) -> None:
    with Hostile() as private:
        with within(2):
            report = house.client.toolsets.import_openapi(
                with_reference(f"{private.url}/plain#/x"), "doubtful", server="http://127.0.0.1:9"
            )
        (fault,) = report.faults
        assert (fault.pointer, "leaves the document" in fault.message) == ("/paths/~1plain/get/parameters/0", True)
        assert fault.cure
        assert private.connections == 0


def test_a_reference_to_a_file_is_a_fault_that_tells_nothing_of_the_file(house: House) -> None:
    with within(2):
        report = house.client.toolsets.import_openapi(
            with_reference("file:///etc/passwd"), "doubtful", server="http://127.0.0.1:9"
        )
    (fault,) = report.faults
    assert "leaves the document" in fault.message
    assert "root" not in repr(report)
    assert "doubtful_read_plain" not in {tool.name for tool in report.tools}


@pytest.mark.parametrize("what", REFERENCES)
def test_a_tool_that_is_not_there_is_refused(house: House, what: str) -> None:
    reference, expected = REFERENCES[what]
    with within(2), pytest.raises(expected) as refusal:
        house.client.call(reference, {})
    assert_helpful(refusal.value)


@pytest.mark.parametrize("what", ARGUMENTS)
def test_arguments_that_do_not_fit_are_refused_with_pointers_and_without_values(house: House, what: str) -> None:
    arguments, pointers = ARGUMENTS[what]
    with within(2), pytest.raises(ArgumentsInvalid) as refusal:
        house.client.call("create_order", arguments)
    assert_helpful(refusal.value)
    assert {violation.pointer for violation in refusal.value.violations} == pointers
    assert PRIVATE not in repr((refusal.value, vars(refusal.value), refusal.value.__notes__))
    assert PRIVATE.encode() not in house.log.read_bytes()


@pytest.mark.parametrize("token", ["none", "wrong"])
def test_without_a_valid_token_nothing_is_answered(house: House, token: str) -> None:
    with house.connect(RetryPolicy(), token="x" * 43) as client, within(2):
        for ask in (
            lambda: list(client.tools.list()),
            lambda: client.call("list_orders", {}),
            lambda: client.invocations.get("inv_1"),
        ):
            with pytest.raises(Unauthenticated) as refusal:
                ask()
            assert_helpful(refusal.value)
