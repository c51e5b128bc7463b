"""What the doctor says of authorities and proxies."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from time import time

import pytest

from gateway.model.config import REQUIRED, Config, load
from gateway.operations.doctor import PartFinding
from gateway.operations.way_out_checks import check_authorities, check_proxies
from tests.conftest import FreePort
from tests.real_apis.certificates import Authority
from tests.real_apis.connect_proxy import ConnectProxy

BASIC = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"


def config(settings: Mapping[str, str]) -> Config:
    return load({**dict.fromkeys(REQUIRED, "-"), **settings})


def checked(settings: Mapping[str, str]) -> list[PartFinding]:
    return asyncio.run(check_proxies(config(settings)))


def test_authorities_are_counted_and_those_that_have_ended_are_told(tmp_path: Path) -> None:
    file = tmp_path / "own.pem"
    file.write_text(Authority().pem + Authority("Another").pem)
    (good,) = check_authorities(file, time())
    assert (good.ok, good.warns) == (True, False)
    assert good.detail.endswith("2 beside the system's own")
    (ended,) = check_authorities(file, time() + 3 * 86_400)
    assert (ended.ok, ended.warns) == (True, True)
    assert ended.detail.endswith("of which 2 have ended")


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_authorities_that_cannot_be_used_are_found_and_none_are_nothing(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "own.pem"
    if content is not None:
        file.write_text(content)
    (finding,) = check_authorities(file, time())
    assert not finding.ok
    assert "CALLGATE_CA_FILE" in finding.cure
    assert check_authorities(None, time()) == []


def test_a_proxy_that_opens_no_way_to_nowhere_is_well() -> None:
    with ConnectProxy() as proxy:
        (finding,) = checked({"CALLGATE_PROXY": proxy.url})
        assert (finding.ok, finding.detail) == (True, f"{proxy.place} answers")
        assert proxy.asked == ["callgate-doctor.invalid:443"]


def test_a_login_is_tried(tmp_path: Path) -> None:
    login = tmp_path / "login"
    with ConnectProxy(login="user:pass") as proxy:
        settings = {"CALLGATE_PROXY": proxy.url, "CALLGATE_PROXY_LOGIN_FILE": str(login)}
        login.write_text("user:pass")
        (good,) = checked(settings)
        assert (good.ok, good.detail) == (True, f"{proxy.place} answers, and takes the login")
        login.write_text("user:wrong")
        (wrong,) = checked(settings)
        assert not wrong.ok
        assert "does not take the login" in wrong.detail
        login.write_text("nothing")
        (unusable,) = checked(settings)
        assert not unusable.ok
        assert "CALLGATE_PROXY_LOGIN_FILE" in unusable.cure


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (BASIC, "wants a login"),
        (b"<html><body>", "is no HTTP proxy"),
        (b"\r\n", "hung up"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "a page"),
    ],
)
def test_what_is_wrong_with_a_proxy_is_found(says: bytes, told: str) -> None:
    with ConnectProxy(says=says) as proxy:
        (finding,) = checked({"CALLGATE_PROXY": proxy.url})
    assert not finding.ok
    assert told in finding.detail
    assert finding.cure


def test_a_proxy_that_does_not_run_is_found_and_without_one_there_is_nothing_to_say(free_port: FreePort) -> None:
    (finding,) = checked({"CALLGATE_PROXY": f"http://127.0.0.1:{free_port()}"})
    assert not finding.ok
    assert "cannot be reached" in finding.detail
    assert checked({}) == []
