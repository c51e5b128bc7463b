"""What an upstream's 401 means for a call that has shown an obtained token. Pure.

A resource server that finds the token expired, revoked or malformed answers 401 with `invalid_token` (RFC 6750 §3.1), and has
done nothing: so another token is obtained, and the request is sent once more, whatever its effect. A 401 that does not say so
is believed as far as the effect is repeatable.
"""

import re

from registry.credentials.kinds import grant_of
from registry.model.tool import Draft
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Faulted, Head, Result

UNAUTHORIZED = 401

#: A quoted string, a word, or the sign between a parameter's name and its value: each character is looked at once.
_PIECE = re.compile(r'"[^"]*"?|[^\s,="]+|=')
#: Characters of all challenges of an answer that are looked at.
_LONGEST = 8_192


def obtains_token(draft: Draft) -> bool:
    return any(grant_of(one) is not None for one in draft.credentials)


def refuses_token(head: Head | None, draft: Draft) -> bool:
    """Whether the answer says that the token is not, or no longer, good."""
    if head is None or head.status != UNAUTHORIZED or not obtains_token(draft):
        return False
    challenges = ", ".join(value for name, value in head.headers if name == "www-authenticate")
    return _says_invalid_token(_PIECE.findall(challenges[:_LONGEST]))


def _says_invalid_token(pieces: list[str]) -> bool:
    """In a challenge of the scheme Bearer, of which a header may have several (RFC 9110 §11.6.1)."""
    bearer = False
    for before, piece, sign, value in zip(["", *pieces], pieces, [*pieces[1:], ""], [*pieces[2:], "", ""], strict=False):
        if sign == "=":
            if bearer and piece.lower() == "error" and value.strip('"').lower() == "invalid_token":
                return True
        elif before != "=" and piece != "=":
            bearer = piece.lower() == "bearer"
    return False


def undone_statuses(head: Head | None, draft: Draft) -> tuple[int, ...]:
    """The statuses by which this answer's upstream says that it did not do what it was asked for."""
    return (*draft.not_done_statuses, UNAUTHORIZED) if refuses_token(head, draft) else draft.not_done_statuses


def lacks_secret(result: Result) -> bool:
    """Whether the call's box has got no secret: what Redis knows as good may be in Vault no more."""
    return isinstance(result, Faulted) and result.fault is FaultCode.SECRET_UNAVAILABLE


def worth_another_token(head: Head | None, draft: Draft) -> bool:
    return head is not None and head.status == UNAUTHORIZED and obtains_token(draft)
