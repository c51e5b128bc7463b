"""Which proxy a host is reached by, and what an operator's mistake is told as."""

import pytest

from gateway.model.config import REQUIRED, ConfigInvalid, load
from gateway.model.own_parts import own_parts_of
from gateway.model.proxy_settings import ProxySettings, host_patterns, proxy_rules

LEAST = dict.fromkeys(REQUIRED, "-")
RULES = "http://all:3128, .corp.example=http://corp:8080, 10.0.0.0/8=http://ten:1, [2001:db8::1]:443=http://six:6"
EXCEPT = "direct.example, .local.example, 192.168.0.0/16, api.corp.example:8443"


@pytest.mark.parametrize(
    ("host", "port", "proxy"),
    [
        ("api.example", 443, "all:3128"),
        ("api.corp.example", 443, "corp:8080"),
        ("API.Corp.Example.", 443, "corp:8080"),
        ("corp.example", 443, "corp:8080"),
        ("notcorp.example", 443, "all:3128"),
        ("api.corp.example", 8443, None),
        ("10.1.2.3", 443, "ten:1"),
        ("11.1.2.3", 443, "all:3128"),
        ("2001:db8::1", 443, "six:6"),
        ("2001:db8::1", 80, "all:3128"),
        ("direct.example", 443, None),
        ("not-direct.example", 443, "all:3128"),
        ("a.b.local.example", 443, None),
        ("192.168.1.1", 443, None),
    ],
)
def test_the_first_rule_that_names_a_host_counts_and_an_exception_before_all(host: str, port: int, proxy: str | None) -> None:
    settings = ProxySettings(proxy_rules(RULES), host_patterns(EXCEPT))
    place = settings.place_for(host, port)
    assert (str(place) if place else None) == proxy


def test_without_a_rule_for_all_other_hosts_are_reached_without() -> None:
    settings = ProxySettings(proxy_rules("*.corp.example=http://corp:8080"))
    assert settings.place_for("api.example", 443) is None
    assert str(settings.place_for("api.corp.example", 443)) == "corp:8080"
    assert ProxySettings().place_for("api.example", 443) is None
    assert ProxySettings(proxy_rules("http://all:1"), host_patterns("*")).place_for("api.example", 443) is None


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("PROXY", "http://user:hunter2@proxy:3128", "CALLGATE_PROXY_LOGIN_FILE"),
        ("PROXY", "https://proxy:3128", "http://host:port"),
        ("PROXY", "proxy:3128", "http://host:port"),
        ("PROXY", "http://proxy", "http://host:port"),
        ("PROXY", "http://proxy:0", "http://host:port"),
        ("PROXY", "http://proxy:3128/path", "nothing beyond"),
        ("PROXY", "http://proxy:port", "http://host:port"),
        ("PROXY", "http://one:1, http://two:2", "two proxies for all hosts"),
        ("PROXY", "a*b=http://one:1", "is no host"),
        ("PROXY", "=http://one:1", "is no host"),
        ("NO_PROXY", "10.0.0.0/99", "CALLGATE_NO_PROXY"),
        ("NO_PROXY", "api.example:99999", "CALLGATE_NO_PROXY"),
        ("NO_PROXY", "api.example:x", "CALLGATE_NO_PROXY"),
        ("PROXY_LOGIN_FILE", "/run/login", "CALLGATE_PROXY is not"),
    ],
)
def test_a_mistake_stops_the_start_and_repeats_no_password(name: str, text: str, told: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        load({**LEAST, f"CALLGATE_{name}": text})
    assert told in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_each_proxy_is_a_part_of_callgates_own() -> None:
    config = load({**LEAST, "CALLGATE_PROXY": RULES})
    proxies = [(part.host, part.port) for part in own_parts_of(config, {}) if part.name == "a proxy"]
    assert proxies == [("all", 3128), ("corp", 8080), ("ten", 1), ("six", 6)]
