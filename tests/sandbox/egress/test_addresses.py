"""Which addresses a box may reach. Both directions: a table that blocks everything would pass half of this."""

from ipaddress import ip_address, ip_network

import pytest

from sandbox.egress.addresses import METADATA, Address, verdict

EVERYTHING = (ip_network("0.0.0.0/0"), ip_network("::/0"))

DENIED = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.255 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1
    172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.175.48.1 198.18.0.1
    198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 100.100.100.200
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::ffff:10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::7f00:1
    100::1 2001::1 2001:0:53aa:64c::8000:1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254
    fd20:ce::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 4000::1 2606:4700::1%eth0
""".split()  # noqa: SIM905  # one a line would hide that these are the ends of ranges

ALLOWED = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 172.15.255.255 172.32.0.0
    192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700::1 2a00:1450::1
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8
""".split()  # noqa: SIM905

GRANTABLE = ["10.0.0.1", "127.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"]
NEVER = ["0.0.0.0", "169.254.0.1", "224.0.0.1", "255.255.255.255", "::", "fe80::1", "ff02::1", "2002:7f00:1::", "2001:db8::1"]


@pytest.mark.parametrize("text", DENIED)
def test_a_special_address_is_denied_with_a_reason(text: str) -> None:
    assert verdict(ip_address(text))


@pytest.mark.parametrize("text", ALLOWED)
def test_a_public_address_is_allowed(text: str) -> None:
    assert verdict(ip_address(text)) is None


@pytest.mark.parametrize("text", GRANTABLE)
def test_an_operator_may_permit_a_private_network(text: str) -> None:
    assert verdict(ip_address(text), EVERYTHING) is None


def test_a_permitted_network_is_only_that_network() -> None:
    private = (ip_network("10.1.0.0/16"),)
    assert verdict(ip_address("10.1.2.3"), private) is None
    assert verdict(ip_address("10.2.0.1"), private) == "private"


@pytest.mark.parametrize("text", NEVER)
def test_what_is_no_single_host_cannot_be_permitted(text: str) -> None:
    assert verdict(ip_address(text), EVERYTHING)


@pytest.mark.parametrize("address", sorted(METADATA, key=str), ids=str)
def test_a_metadata_service_is_never_reachable(address: Address) -> None:
    assert verdict(address, EVERYTHING) == "a metadata service"


@pytest.mark.parametrize("text", ["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::169.254.169.254"])
def test_a_metadata_service_in_disguise_is_recognised(text: str) -> None:
    assert verdict(ip_address(text), EVERYTHING) == "a metadata service"
