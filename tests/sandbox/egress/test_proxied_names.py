"""What is denied of a host that a proxy looks up: all that can be known of it here."""

import asyncio
from ipaddress import ip_address, ip_network

import pytest

from sandbox.api.job import Destination, OwnPart
from sandbox.egress import proxied_names
from sandbox.egress.addresses import Address
from sandbox.egress.proxied_names import METADATA_NAMES, ProxiedNames
from sandbox.egress.resolve import Denied, Unresolved

KNOWN = {
    "public.example": "198.51.100.7",
    "inside.example": "10.1.2.3",
    "vault.example": "10.9.9.9",
    "metadata.example": "169.254.169.254",
}


async def lookup(name: str, _port: int) -> tuple[Address, ...]:
    if name not in KNOWN:
        raise Unresolved(name)
    return (ip_address(KNOWN[name]),)


def to(host: str, **more: object) -> Destination:
    return Destination(host, 443, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["nowhere.example", "a.b.corp"])
async def test_a_name_that_this_host_does_not_know_is_the_proxys_to_look_up(host: str) -> None:
    await ProxiedNames().check(host, to(host), lookup)


@pytest.mark.parametrize(
    "host", [*METADATA_NAMES, "localhost", "api.localhost", "intranet", "inside.example", "metadata.example", "public.example"]
)
async def test_what_would_be_the_proxys_own_or_leads_to_a_denied_address_here_is_denied(host: str) -> None:
    """The public one has an address for documentation."""
    with pytest.raises(Denied):
        await ProxiedNames().check(host, to(host), lookup)


async def test_a_private_address_is_permitted_as_without_a_proxy() -> None:
    private = (ip_network("10.0.0.0/8"),)
    await ProxiedNames().check("inside.example", to("inside.example", private=private), lookup)
    await ProxiedNames().check(ip_address("10.1.2.3"), to("10.1.2.3", private=private), lookup)
    with pytest.raises(Denied, match=r"10\.1\.2\.3 is private"):
        await ProxiedNames().check(ip_address("10.1.2.3"), to("10.1.2.3"), lookup)


async def test_a_server_of_callgates_own_is_none_by_a_proxy_either() -> None:
    own = (OwnPart("the Vault", "10.9.9.9", 443),)
    destination = to("vault.example", private=(ip_network("10.0.0.0/8"),), own_parts=own)
    with pytest.raises(Denied, match="the Vault of Callgate itself"):
        await ProxiedNames().check("vault.example", destination, lookup)


async def test_a_resolver_that_says_nothing_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxied_names, "PATIENCE", 0.01)
    asked: list[str] = []

    async def silent(name: str, _port: int) -> tuple[Address, ...]:
        asked.append(name)
        await asyncio.Event().wait()
        raise AssertionError

    names = ProxiedNames()
    async with asyncio.timeout(5):
        await names.check("api.example", to("api.example"), silent)
        await names.check("api.example", to("api.example"), silent)
    assert asked == ["api.example"]
