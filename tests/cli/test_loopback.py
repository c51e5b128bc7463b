"""The person's own machine takes one redirect, the right one, and tells its program nothing of all others."""

import http.client
import re
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from gateway.cli.calls.loopback import Consented, Loopback, RedirectMissing, RedirectRefused
from tests.conftest import FreePort

STATE = "a-state-that-no-other-has"


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback(STATE, "orders") as loopback:
        yield loopback


def visit(loopback: Loopback, query: str, path: str = "/callback/orders", method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(loopback.uri).netloc, timeout=5)
    connection.request(method, f"{path}?{query}")
    answer = connection.getresponse()
    told = answer.read().decode()
    assert answer.headers["Cache-Control"] == "no-store" or method != "GET"
    connection.close()
    return answer.status, told


def test_the_first_redirect_with_the_state_is_taken_and_no_second_one(loopback: Loopback) -> None:
    assert visit(loopback, f"code=first&state={STATE}")[0] == 200
    assert visit(loopback, f"code=second&state={STATE}")[0] == 410
    assert visit(loopback, f"error=access_denied&state={STATE}")[0] == 410
    assert loopback.wait(1) == Consented("first")


def test_many_redirects_at_once_have_one_that_is_taken(loopback: Loopback) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(visit(loopback, f"code=x&state={STATE}")[0])) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == [200] + [410] * 7


REFUSED = {
    "another state": (f"code=a&state={STATE}x", 400),
    "no state": ("code=a", 400),
    "two states": (f"code=a&state={STATE}&state={STATE}", 400),
    "a state that is not ASCII": ("code=a&state=%c3%bc", 400),
    "two codes": (f"code=a&code=b&state={STATE}", 404),
    "nothing": ("", 404),
    "too many fields": ("&".join(f"a{number}=1" for number in range(100)), 400),
    "too long": ("code=" + "a" * 17_000, 404),
}


@pytest.mark.parametrize("named", REFUSED)
def test_what_is_not_the_redirect_is_refused_and_the_right_one_still_taken(loopback: Loopback, named: str) -> None:
    query, status = REFUSED[named]
    assert visit(loopback, query)[0] == status
    assert visit(loopback, f"code=right&state={STATE}")[0] == 200
    assert loopback.wait(1) == Consented("right")


def test_another_path_or_method_is_nothing(loopback: Loopback) -> None:
    for path in ("/", "/callback", "/callback/", "/callback/another", "/callback/orders/"):
        assert visit(loopback, f"code=a&state={STATE}", path=path)[0] == 404
    assert visit(loopback, f"code=a&state={STATE}", method="POST")[0] == 501


def test_what_the_server_calls_itself_is_told_with_the_code(loopback: Loopback) -> None:
    visit(loopback, f"code=a&state={STATE}&iss=https%3A%2F%2Flogin.example")
    assert loopback.wait(1) == Consented("a", "https://login.example")


def test_each_toolset_has_a_path_of_its_own_that_any_gateway_takes() -> None:
    names = ("orders", "ord/../ers", "bestellungen-ü")
    paths = {Loopback(STATE, name).path for name in names}
    assert len(paths) == len(names)
    assert all(re.fullmatch(r"/callback/[A-Za-z0-9._~-]+", path) for path in paths)


def test_a_refusal_is_told_with_the_servers_word_cut_short(loopback: Loopback) -> None:
    status, told = visit(loopback, f"error=access_denied&error_description={'no' * 2000}&state={STATE}")
    assert (status, "not given" in told) == (200, True)
    with pytest.raises(RedirectRefused, match="access_denied: no") as refused:
        loopback.wait(1)
    assert len(str(refused.value)) < 600


def test_a_person_who_does_not_come_back_is_told_so(loopback: Loopback) -> None:
    with pytest.raises(RedirectMissing, match=r"within 0\.05 s"):
        loopback.wait(0.05)


def test_nothing_of_a_strangers_is_in_the_page(loopback: Loopback) -> None:
    _, told = visit(loopback, f"code=<b>&error_description=<script>&state={STATE}")
    assert "<" not in told


def test_a_port_is_free_for_the_next_try_at_once_and_for_no_other_program(free_port: FreePort) -> None:
    port = free_port()
    for _ in range(3):
        with Loopback(STATE, "orders", port) as loopback:
            assert visit(loopback, f"code=a&state={STATE}")[0] == 200
            with pytest.raises(OSError, match="in use"), Loopback(STATE, "orders", port):
                pass
