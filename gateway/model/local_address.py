"""Which addresses a gateway listens on that only its own machine reaches."""

from ipaddress import ip_address


def is_local(listen: str) -> bool:
    """Whether only this machine can connect."""
    host = listen.rpartition(":")[0].strip("[]")
    if listen.startswith("unix:") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
