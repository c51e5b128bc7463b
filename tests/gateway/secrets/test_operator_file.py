"""Files of the operator's: what they say counts from the moment on at which they say it, and a mistake in them never does."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.model.config import ConfigInvalid
from gateway.model.proxy_settings import ProxyPlace, ProxySettings, proxy_rules
from gateway.secrets.proxies import Proxies, logins
from gateway.secrets.trusted_authorities import LONGEST, TrustedAuthorities
from sandbox.api.job import Proxy
from tests.real_apis.certificates import Authority

ONE, TWO = ProxyPlace("one", 1), ProxyPlace("two", 2)


def test_authorities_are_read_again_when_they_change_and_a_mistake_is_told_once(tmp_path: Path) -> None:
    first, second, file = Authority().pem, Authority().pem, tmp_path / "own.pem"
    file.write_text(first)
    trusted = TrustedAuthorities(file)
    assert trusted.pem() == first
    file.write_text("half of it")
    with capture_logs() as logs:
        assert [trusted.pem(), trusted.pem()] == [first, first]
    assert [line["event"] for line in logs] == ["operator_file_unusable"]
    file.unlink()
    assert trusted.pem() == first
    file.write_text(first + second)
    assert trusted.pem() == first + second


@pytest.mark.parametrize(
    "content", [None, b"", b"no certificate", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_gateway_does_not_start_with_authorities_that_are_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "own.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigInvalid, match="CALLGATE_CA_FILE") as refused:
        TrustedAuthorities(file)
    assert "CALLGATE_CA_FILE" in refused.value.cure


def test_a_bundle_of_all_is_too_much_for_each_request(tmp_path: Path) -> None:
    file = tmp_path / "own.pem"
    file.write_text(Authority().pem + LONGEST * "#")
    with pytest.raises(ConfigInvalid, match="not a bundle of all"):
        TrustedAuthorities(file)


def test_without_a_file_there_are_none() -> None:
    assert TrustedAuthorities(None).pem() == ""


@pytest.mark.parametrize(
    ("places", "text", "found"),
    [
        ((ONE,), "user:pass\n", {ONE: "user:pass"}),
        ((ONE,), "user:a long password", {ONE: "user:a long password"}),
        ((ONE,), "one:1 user:pass\n", {ONE: "user:pass"}),
        ((ONE, TWO), "two:2 b:b\n\none:1 a:a\n", {ONE: "a:a", TWO: "b:b"}),
        ((ONE, TWO), "one:1 a:a", {ONE: "a:a"}),
        ((ONE,), "", {}),
    ],
)
def test_a_login_is_a_proxys(places: tuple[ProxyPlace, ...], text: str, found: dict[ProxyPlace, str]) -> None:
    assert logins(places, text) == found


@pytest.mark.parametrize(
    ("places", "text"),
    [((ONE, TWO), "user:hunter2"), ((ONE,), "hunter2"), ((ONE,), "user:hunter2\x07"), ((ONE, TWO), "one:1 hunter2")],
)
def test_a_line_that_is_none_is_told_by_its_number_alone(places: tuple[ProxyPlace, ...], text: str) -> None:
    with pytest.raises(ValueError, match="line 1 ") as refused:
        logins(places, text)
    assert "hunter2" not in str(refused.value)


def test_a_login_is_followed_too(tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text("user:first")
    proxies = Proxies(ProxySettings(proxy_rules("http://one:1")), file)
    assert proxies.proxy_of("api.example", 443) == Proxy("one", 1, "user:first")
    file.write_text("user:another")
    assert proxies.all() == (Proxy("one", 1, "user:another"),)
    assert "another" not in repr(proxies.all())
