"""Every refusal becomes an error of ours, and no gRPC error escapes."""

import copy
import pickle
from typing import Any, NoReturn

import pytest
from grpc import StatusCode

from callgate import CallgateError, Client, FaultCode, Result, ToolFailed, errors, status
from callgate.v1 import error_pb2
from clients.python.tests.conftest import Context, Gateway

REASONS = [value for value in error_pb2.ErrorReason.values() if value != error_pb2.ERROR_REASON_UNSPECIFIED]
#: Statuses that would come again.
REFUSALS = {
    StatusCode.INVALID_ARGUMENT,
    StatusCode.UNAUTHENTICATED,
    StatusCode.PERMISSION_DENIED,
    StatusCode.NOT_FOUND,
    StatusCode.FAILED_PRECONDITION,
    StatusCode.UNIMPLEMENTED,
}
STATUSES = [code for code in StatusCode if code is not StatusCode.OK]


def leaves(kind: type[CallgateError]) -> set[type[CallgateError]]:
    below = kind.__subclasses__()
    return set().union(*(leaves(one) for one in below)) if below else {kind}


def test_every_reason_has_an_error_of_its_own() -> None:
    assert set(status.BY_REASON) == set(REASONS)
    assert len(set(status.BY_REASON.values())) == len(REASONS)


def test_every_leaf_of_the_tree_is_in_its_docstring() -> None:
    assert errors.__doc__
    # Those of the adapters have a page of their own.
    for leaf in [leaf for leaf in leaves(CallgateError) if leaf.__module__ == errors.__name__]:
        assert f"─ {leaf.__name__}" in errors.__doc__


@pytest.mark.parametrize("kind", leaves(CallgateError) | {errors.InvocationFailed}, ids=lambda kind: kind.__name__)
def test_an_error_comes_whole_out_of_another_process(kind: type[CallgateError]) -> None:
    of_a_call: dict[str, Any] = {
        "invocation_id": "inv-1",
        "outcome": ToolFailed(Result(500, "", b"no"), FaultCode.HTTP_STATUS, "no", True),
    }
    raised = kind("what", cure="do", **(of_a_call if issubclass(kind, errors.InvocationFailed) else {}))
    raised.idempotency_key = "k" * 16
    for other in (copy.copy(raised), pickle.loads(pickle.dumps(raised))):
        assert (type(other), str(other), vars(other)) == (kind, str(raised), vars(raised))


@pytest.mark.parametrize("reason", REASONS, ids=error_pb2.ErrorReason.Name)
def test_a_reason_decides_the_error_and_keeps_what_the_gateway_said(
    client: Client, gateway: Gateway, reason: error_pb2.ErrorReason
) -> None:
    violation = error_pb2.Violation(pointer="/id", expected="an integer")
    gateway.refuse(StatusCode.INTERNAL, reason=reason, message="what happened", cure="what to do", violations=[violation])
    with pytest.raises(status.BY_REASON[reason]) as caught:
        client.tools.get("orders_get")
    error = caught.value
    assert f"ERROR_REASON_{error.reason}" == error_pb2.ErrorReason.Name(reason)
    assert (error.message, error.cure, error.retryable, error.retry_after) == ("what happened", "what to do", False, None)
    assert error.violations == (errors.Violation("/id", "an integer"),)


@pytest.mark.parametrize("code", STATUSES, ids=lambda code: code.name)
def test_a_bare_status_becomes_an_error_with_a_cure(client: Client, gateway: Gateway, code: StatusCode) -> None:
    for _ in range(200):
        gateway.refuse(code)
    with pytest.raises(CallgateError) as caught:
        client.invocations.get("inv-1")
    assert caught.value.reason == code.name
    assert caught.value.cure
    assert not isinstance(caught.value, errors.GatewayDefect)  # it is not the gateway that has said so
    assert (len(gateway.requests) > 1) == (code not in REFUSALS)


def test_a_reason_of_a_newer_gateway_is_treated_by_its_status(client: Client, gateway: Gateway) -> None:
    gateway.refuse(StatusCode.NOT_FOUND, reason=99, message="no such thing")
    with pytest.raises(errors.RequestRefused, match="no such thing") as caught:
        client.invocations.get("inv-1")
    assert caught.value.reason == "NOT_FOUND"


def test_a_refused_watch_is_an_error_of_ours_too(client: Client, gateway: Gateway) -> None:
    gateway.refuse(StatusCode.NOT_FOUND, reason=error_pb2.ERROR_REASON_INVOCATION_NOT_FOUND, message="expired")
    with pytest.raises(errors.InvocationNotFound):
        list(client.invocations.handle("inv-1").watch())


def test_a_malformed_detail_leaves_the_status(client: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_with_garbage(_request: object, context: Context) -> NoReturn:
        context.set_trailing_metadata(((status.DETAIL_KEY, b"\xff\xff\xff"),))
        context.abort(StatusCode.NOT_FOUND, "no such tool")

    monkeypatch.setattr(gateway, "GetTool", refuse_with_garbage)
    gateway.kill()
    gateway.start()
    with pytest.raises(errors.RequestRefused, match="no such tool"):
        client.tools.get("orders_get")
