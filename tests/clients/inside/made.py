"""What has become of the calls that a test has made."""

from callgate.testing import FakeGateway


def executions(gateway: FakeGateway) -> list[int]:
    """How often each call has run, in the order in which they came first."""
    return [one.executions for one in gateway.calls]
