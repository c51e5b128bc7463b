"""What a claim is asked with: the arguments of its Function, behind the id."""

from gateway.model.invocation import Request
from gateway.model.principal import Principal
from gateway.records.ledger.codec import encode_principal, encode_request
from gateway.records.ledger.protocol import milliseconds, window_of
from gateway.records.redis.client import Value


def terms_of(fingerprint: str, nonce: str, principal: Principal, request: Request, lease: float) -> list[Value]:
    repeatable, window = window_of(request)
    times = milliseconds(lease), milliseconds(request.timeout), int(repeatable), window, int(request.effect.acts)
    fields = {**encode_request(request), "principal": encode_principal(principal)}
    return [fingerprint, nonce, *times, request.max_attempts, *(part for pair in fields.items() for part in pair)]
