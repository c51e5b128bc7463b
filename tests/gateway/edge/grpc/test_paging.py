"""Pages of a list that is read whole."""

import pytest

from callgate.v1.principal_service_pb2 import ListPrincipalsRequest as Request
from callgate.v1.principal_service_pb2 import Principal
from gateway.edge.grpc.paging import MOST, page_of_all, size_of
from gateway.model.errors import RequestInvalid


def page(found: list[str], size: int, token: str = "", listed: str = "names") -> tuple[list[str], str]:
    request = Request(page_size=size, page_token=token)
    messages, more = page_of_all(listed, found, str, lambda name: Principal(id=name), request)
    return [message.id for message in messages], more


def test_pages_follow_each_other_in_the_order_of_the_keys_until_the_token_is_empty() -> None:
    found = ["d", "a", "c", "b"]
    first, token = page(found, 3)
    assert first == ["a", "b", "c"]
    assert page(found, 3, token) == (["d"], "")


def test_what_comes_and_goes_between_two_pages_moves_nothing_else() -> None:
    _, token = page(["a", "c", "e"], 2)
    assert page(["b", "e", "f"], 2, token) == (["e", "f"], "")


def test_an_empty_list_has_one_empty_page() -> None:
    assert page([], 2) == ([], "")


def test_a_token_of_another_list_is_refused() -> None:
    _, token = page(["a", "b"], 1, listed="others")
    with pytest.raises(RequestInvalid, match="page token"):
        page(["a", "b"], 1, token)


@pytest.mark.parametrize(("asked", "size"), [(0, 250), (1, 1), (MOST + 1, MOST)])
def test_a_size_is_taken_as_far_as_the_most(asked: int, size: int) -> None:
    assert size_of(Request(page_size=asked)) == size


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(RequestInvalid, match="negative"):
        size_of(Request(page_size=-1))
