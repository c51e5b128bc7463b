"""Operations are recognised by method and path, and told apart from those that only look alike upstream."""

import pytest

from registry.compiler.recognition import recognise
from registry.model.operation_key import OperationKey, Remembered

SERVER = "https://api.example.com/v1"
REFUND = OperationKey("POST", "/refunds", ("refund",), "refund", server=SERVER)


def _key(path: str, method: str = "POST", server: str = SERVER) -> OperationKey:
    return OperationKey(method, path, ("other",), "other", server=server)


@pytest.mark.parametrize(
    "other",
    [
        _key("/refunds/"),
        _key("//refunds"),
        _key("/Refunds"),
        _key("/%72efunds"),
        _key("/%2572efunds"),
        _key("/x/../refunds"),
        _key("/x/%2e%2e/refunds"),
        _key("/x%2f..%2frefunds"),
        _key("/./refunds"),
        _key("\\refunds"),
        _key("/refunds;v=1"),
        _key("/refunds#x"),
        _key("/refunds?x=1"),
        _key("/refunds", method="post"),
        _key("/v1/refunds", server="https://api.example.com"),
        _key("/", server="https://api.example.com/v1/refunds"),
        _key("/refunds/", server="https://API.example.com.:443/v1/"),
    ],
    ids=lambda key: f"{key.method} {key.server} {key.path}",
)
def test_another_way_to_what_a_tool_does_is_its_twin_and_not_the_tool(other: OperationKey) -> None:
    for keys in ([REFUND, other], [other]):  # beside it, and in its place
        recognised = recognise([(key.method, key.path) for key in keys], [Remembered("refund", REFUND)])
        found = recognised.candidates(keys)[-1]
        assert found.known is None
        assert found.twins == (REFUND,)


@pytest.mark.parametrize(
    "other",
    [
        _key("/refund"),
        _key("/refunds/all"),
        _key("/refunds", method="GET"),
        _key("/refunds/", server="https://other.example.com/v1"),
        _key("/refunds/", server="https://api.example.com:8443/v1"),
    ],
)
def test_what_the_upstream_cannot_take_for_it_is_no_twin(other: OperationKey) -> None:
    recognised = recognise([("POST", "/refunds"), (other.method, other.path)], [Remembered("refund", REFUND)])
    assert recognised.candidates([REFUND, other])[-1].twins == ()


def test_an_operation_is_known_whatever_its_parameters_are_called_and_its_server_is() -> None:
    known = OperationKey("GET", "/a/{id}/b/{x}", ("a",), "a", server=SERVER)
    key = OperationKey("GET", "/a/{key}/b/{y}", ("z",), "a", server="https://elsewhere.example.com")
    assert recognise([("GET", "/a/{key}/b/{y}")], [Remembered("a", known)]).candidates([key])[0].known == known


def test_of_two_paths_that_differ_by_their_parameters_names_the_one_of_old_is_known() -> None:
    known = Remembered("a", OperationKey("GET", "/a/{id}", ("a",), "a", server=SERVER))
    routes = [("GET", "/a/{b}"), ("GET", "/a/{id}")]
    recognised = recognise(routes, [known])
    assert recognised.known == {("GET", "/a/{id}"): known}
    keys = [_key("/a/{b}", method="GET"), _key("/a/{id}", method="GET")]
    assert recognised.candidates(keys)[0].twins == (known.key,)


def test_what_is_not_in_the_document_is_gone_but_not_for_another_tool_of_the_same_operation() -> None:
    once, other = Remembered("once", REFUND), Remembered("gone", _key("/gone"))
    recognised = recognise([("POST", "/refunds")], [Remembered("refund", REFUND), once, other])
    assert recognised.known[("POST", "/refunds")].tool == "refund"
    assert recognised.gone == (other,)


def test_a_document_that_tells_operations_apart_by_query_or_fragment_means_it() -> None:
    keys = [_key(path) for path in ("/", "/#Action=A", "/#Action=B", "/?acl")]
    assert [one.twins for one in recognise([], []).candidates(keys)] == 4 * [()]
