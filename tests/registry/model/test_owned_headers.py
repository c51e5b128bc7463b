"""Headers that nothing but the gateway, a credential or a proxy writes, and what is said of each."""

import pytest

from registry.model.owned_headers import owned_header


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Host", "frames"),
        ("content-LENGTH", "frames"),
        ("Accept-Encoding", "frames"),
        ("traceparent", "traces"),
        ("Authorization", "credential"),
        ("Cookie", "credential"),
        ("Proxy-Authorization", "credential"),
        ("X-Forwarded-For", "proxy on the way"),
        ("X-Forwarded-Proto", "proxy on the way"),
        ("X-Original-URL", "proxy on the way"),
        ("X-Rewrite-URL", "proxy on the way"),
        ("Forwarded", "proxy on the way"),
        ("Via", "proxy on the way"),
        ("X-HTTP-Method-Override", "another method"),
        ("X-Vault-Token", "Vault"),
        ("Metadata-Flavor", "metadata"),
        ("X-aws-ec2-metadata-token", "metadata"),
    ],
)
def test_each_owned_header_says_why_it_is_not_filled(name: str, said: str) -> None:
    owned = owned_header(name)
    assert owned is not None
    assert said in owned.reason


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Original-Host", "Via"])
def test_no_header_of_a_proxy_is_said_to_be_written_by_the_gateway(name: str) -> None:
    owned = owned_header(name)
    assert owned is not None
    assert "gateway" not in owned.reason


@pytest.mark.parametrize("name", ["User-Agent", "X-Api-Version", "Idempotency-Key", "X-Forward", "Acceptable", "X-Tenant"])
def test_other_headers_may_be_filled(name: str) -> None:
    assert owned_header(name) is None
