"""What an upstream's 401 means for a call that has shown an obtained token. Pure.

A resource server that finds the token expired, revoked or malformed answers 401 with `invalid_token` (RFC 6750 §3.1), and has
done nothing: so another token is obtained, and the request is sent once more, whatever its effect. A 401 that does not say so
is believed as far as the effect is repeatable.
"""

import re

from registry.credentials.kinds import grant_of, signs
from registry.model.tool import Draft
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Faulted, Head, Result

UNAUTHORIZED, FORBIDDEN = 401, 403

#: What of a challenge is told to people, and how many characters of each.
_TOLD = ("error", "scope", "error_description")
_LONGEST_WORD = 200

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
    return any(name == "error" and value.lower() == "invalid_token" for name, value in _said_to_bearers(head))


def challenge_of(head: Head | None, draft: Draft) -> str:
    """What an upstream that refuses a call says it wants of a bearer (RFC 6750 §3), and what an operator does about scopes, or
    about a signature. Empty where there is nothing to say."""
    if head is None or head.status not in (UNAUTHORIZED, FORBIDDEN):
        return ""
    if any(signs(one) for one in draft.credentials):
        return _OF_SIGNATURE
    said = dict(reversed(_said_to_bearers(head)))
    told = [f"{name} {value[:_LONGEST_WORD]!r}" for name in _TOLD if (value := said.get(name))]
    if "error" not in said:
        return ""
    return f"It says: {', '.join(told)}.{_cure(draft) if said['error'] == 'insufficient_scope' else ''}"


#: An upstream that finds a signature wrong has no word for what of it.
_OF_SIGNATURE = (
    "If it refuses the signature: `callgate try` shows where that goes, and the API's documentation says what `sign`, "
    "`encoding` and `key_encoding`, or region and service, must be."
)


def _cure(draft: Draft) -> str:
    grant = next((grant for one in draft.credentials if (grant := grant_of(one))), None)
    if grant is None:
        return " Let the operator store a token of that scope."
    again = " Then connect again." if grant.of_person else ""
    asked = " ".join(grant.scopes) or "none"
    return f" Let the operator name what it lacks as `scopes` under the credential's `token`; asked for were: {asked}.{again}"


def _said_to_bearers(head: Head) -> list[tuple[str, str]]:
    """The parameters of all challenges of the scheme Bearer, of which a header may have several (RFC 9110 §11.6.1)."""
    challenges = ", ".join(value for name, value in head.headers if name == "www-authenticate")
    pieces, said, bearer = _PIECE.findall(challenges[:_LONGEST]), list[tuple[str, str]](), False
    for before, piece, sign, value in zip(["", *pieces], pieces, [*pieces[1:], ""], [*pieces[2:], "", ""], strict=False):
        if sign == "=":
            if bearer:
                said.append((piece.lower(), value.strip('"')))
        elif before != "=" and piece != "=":
            bearer = piece.lower() == "bearer"
    return said


def undone_statuses(head: Head | None, draft: Draft) -> tuple[int, ...]:
    """The statuses by which this answer's upstream says that it did not do what it was asked for."""
    return (*draft.not_done_statuses, UNAUTHORIZED) if refuses_token(head, draft) else draft.not_done_statuses


def lacks_secret(result: Result) -> bool:
    """Whether the call's box has got no secret: what Redis knows as good may be in Vault no more."""
    return isinstance(result, Faulted) and result.fault is FaultCode.SECRET_UNAVAILABLE


def worth_another_token(head: Head | None, draft: Draft) -> bool:
    return head is not None and head.status == UNAUTHORIZED and obtains_token(draft)
