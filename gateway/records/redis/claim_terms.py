"""What a claim is asked with: the arguments of its Function, behind the id."""

from gateway.model.invocation import Request
from gateway.model.principal import Principal
from gateway.model.run import RunKey
from gateway.records.ledger.codec import encode_principal, encode_request
from gateway.records.ledger.protocol import milliseconds, window_of
from gateway.records.redis.client import Value
from gateway.records.redis.tenant_keys import claim_keys


def terms_of(
    fingerprint: str, nonce: str, principal: Principal, request: Request, lease: float, *, call: str, most_reviews: int
) -> list[Value]:
    repeatable, window = window_of(request)
    times = milliseconds(lease), milliseconds(request.timeout), int(repeatable), window, int(request.effect.acts)
    fields = {**encode_request(request), "principal": encode_principal(principal)} | ({"call": call} if call else {})
    told = [part for pair in fields.items() for part in pair]
    # The last: a library of a release before takes it for a field of the record.
    return [fingerprint, nonce, *times, request.max_attempts, *told, "most_reviews", most_reviews]


def keys_of_run(run: RunKey | None) -> list[str]:
    """Further KEYS of a claim of a call of this run."""
    return claim_keys(run.owner.tenant, run.id) if run else []
