"""Every error that can reach the RPC boundary has a row in the one table."""

import pytest

from callgate.v1.error_pb2 import ErrorReason
from gateway.edge.grpc.status import TABLE, cancelled, describe, internal
from gateway.model import errors as of_gateway
from registry.model import errors as of_registry
from sandbox.api import errors as of_sandbox


def leaves(root: type[Exception]) -> set[type[Exception]]:
    below = root.__subclasses__()
    return {root} if not below else set().union(*(leaves(one) for one in below))


#: These are caught inside the gateway, each in the one module that knows what to make of it.
INSIDE = {of_sandbox.BoxElsewhere, of_sandbox.SandboxError}


@pytest.mark.parametrize("root", [of_gateway.GatewayError, of_registry.RegistryError, of_sandbox.SandboxError])
def test_every_leaf_of_the_error_trees_has_a_row(root: type[Exception]) -> None:
    own = {
        leaf
        for leaf in leaves(root)
        if leaf.__module__ in {module.__name__ for module in (of_gateway, of_registry, of_sandbox)}
    }
    assert own - TABLE.keys() - INSIDE == set()


def test_every_reason_of_the_api_is_given_by_something() -> None:
    given = {row.reason for row in TABLE.values()} | {internal("")[1].reason, cancelled()[1].reason}
    assert set(ErrorReason.values()) - {0} == given


def test_a_detail_names_the_cure_the_delay_and_the_violations() -> None:
    error = of_registry.ArgumentsInvalid((of_registry.Violation("/amount", "an integer"),))
    described = describe(error)
    assert described is not None
    assert described[1].cure == of_registry.ArgumentsInvalid.cure
    assert [(one.pointer, one.expected) for one in described[1].violations] == [("/amount", "an integer")]
    exhausted = describe(of_sandbox.PoolExhausted("no box", retry_after=2.5))
    assert exhausted is not None
    assert exhausted[1].retry_after.ToMilliseconds() == 2500
    assert exhausted[1].retryable


def test_a_detail_names_the_invocation_that_stands_in_the_way() -> None:
    described = describe(of_gateway.KeyReused("it belongs to another call", "inv_7"))
    assert described is not None
    assert described[1].invocation_id == "inv_7"


def test_an_unknown_exception_is_not_described() -> None:
    assert describe(RuntimeError("a secret")) is None
    assert "a secret" not in internal("7f")[1].message
