"""What a call is told where a box has obtained no token."""

from collections.abc import Callable

import pytest

from gateway.decisions.token_life import error_of, life_of
from gateway.model.errors import GatewayError, TokenUnavailable
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Usage

REFUSED = "no TLS with login.example:443: tls: failed to verify certificate: x509: certificate signed by unknown authority"


def refusal(message: str) -> TokenUnavailable:
    with pytest.raises(TokenUnavailable) as refused:
        life_of(Faulted(FaultCode.TOKEN_UNAVAILABLE, Evidence.NOT_SENT, message, Usage()))
    return refused.value


@pytest.mark.parametrize("error", [refusal, lambda message: error_of(FaultCode.TOKEN_UNAVAILABLE, message, 1.0)])
def test_an_endpoint_whose_authority_is_not_known_is_told_with_where_it_is_named(
    error: Callable[[str], GatewayError],
) -> None:
    assert "CALLGATE_CA_FILE" in error(REFUSED).cure
    assert error("no TLS with login.example:443: EOF").cure == TokenUnavailable.cure
