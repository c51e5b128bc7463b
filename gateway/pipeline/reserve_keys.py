"""The keys of the calls that an invocation makes itself: of its fallback, and of its probes. And the fallback's record.

An invocation's id is made of its key, so calls that had one key after another share it: after one that left its key free, and
after retention. What became of the calls that one has made says nothing of the next. So a key can name its *life*, too: the
nonce of the claim with which it began. Every holder of the invocation finds that in its record, after a failover too. A gateway
uses a nonce again only where its first claim got no reply; if that one was made, no gateway held it, and it made no calls.

A space is in each of these keys, which no caller's key can have.
"""

from gateway.model.invocation import Invocation
from gateway.model.principal import Principal
from gateway.pipeline.call import invocation_id
from gateway.records.ledger.protocol import Ledger


def probe_key(id: str, life: str, attempts: int) -> str:
    """One for each attempt: what was found after one says nothing of the next."""
    return f"probe {id} {life} {attempts}"


def fallback_key(id: str, attempts: int, life: str = "") -> str:
    return f"fallback {id} {life} {attempts}" if life else f"fallback {id} {attempts}"


async def find_fallback_key(ledger: Ledger, principal: Principal, id: str, life: str, attempts: int) -> str:
    """The key under which the fallback was called, or is to be. Raises StoreUnavailable.

    It names the life only where the key without it has the record of an earlier one. For a store that loses its tail may lose
    an invocation of which nothing was sent, and keep its fallback, which has acted: the next claim of the key is the same call,
    in another life, and must find that.
    """
    named = fallback_key(id, attempts, life)
    if await ledger.read(principal.tenant, invocation_id(principal, named)) is not None:
        return named
    made = await ledger.read(principal.tenant, invocation_id(principal, fallback_key(id, attempts)))
    invocation = await ledger.read(principal.tenant, id)
    earlier = made is not None and invocation is not None and _is_of_another_call(made, invocation)
    return named if earlier else fallback_key(id, attempts)


async def find_fallback(ledger: Ledger, principal: Principal, id: str, life: str, attempts: int) -> Invocation | None:
    """The fallback that was called. None where there is none, or it has provably done nothing. Raises StoreUnavailable."""
    key = await find_fallback_key(ledger, principal, id, life, attempts)
    made = await ledger.read(principal.tenant, invocation_id(principal, key))
    return None if made is not None and made.outcome is not None and made.outcome.not_done else made


def _is_of_another_call(made: Invocation, invocation: Invocation) -> bool:
    """Whether a fallback was made by a call whose record has ended, and gone by retention, before this one was accepted.

    A fallback ends before the call that it is made for. What ended less than a retention ago is of a record that was lost.
    """
    return made.ended is not None and made.ended + invocation.request.retention <= invocation.accepted
