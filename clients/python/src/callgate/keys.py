"""Idempotency keys: one for each logical call.

The key of a run's call is made of what is the same when the run is resumed, so that the call is the same, too:

    run, step            which turn of which task: a thread's id, and the number of the model's message in it
    tool, arguments      what is asked for; the arguments in canonical form (RFC 8785)
    occurrence           the position among equal calls of one message: 0 for the first, 1 for the second
    call_id              a framework's id of the call, where that is the same after a resume

A call outside of a run gets a random key. It is one call for as long as its maker remembers the key: a process that dies and
begins again makes another call, and that acts again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from json import loads
from secrets import token_hex
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from callgate import checks
from callgate.canonical import canonical
from callgate.messages import encode, unfit

#: The lengths that the gateway takes, of visible ASCII characters.
TAKEN = range(16, 256)

#: What a key begins with that was made here, with the number of the rule by which it was made.
OF_RUN, OF_TEXT = "run1-", "text1-"

#: Of a call of a tool that takes none. No call can change it for the next.
NO_ARGUMENTS: Mapping[str, Any] = MappingProxyType({})


def new_key() -> str:
    """A random key, which no other call has. Send the same call with it as often as needed: it acts once."""
    return str(uuid4())


def new_call_token() -> str:
    """A random token for one call of this program: all its requests carry it, so that the gateway knows what is sent again."""
    return token_hex(8)


def run_key(
    run: str,
    tool: str,
    arguments: Mapping[str, Any],
    *,
    step: str | int,
    occurrence: int = 0,
    call_id: str | None = None,
    once: bool = False,
) -> str:
    """The key of a run's call. See `AsyncRun.call` for the parameters. Raises RequestInvalid, ArgumentsInvalid."""
    place = [
        checks.run_id(run),
        checks.step(step),
        checks.required("tool", tool),
        checks.count("occurrence, 0 for the first of equal calls,", occurrence),
        call_id if call_id is None else checks.hashed("call_id", call_id),
    ]
    # A JSON text ends where it ends: no two lists of parts have the same text.
    said = canonical(["once", *place]) if checks.flag("once", once) else canonical(["call", *place]) + _canonical(arguments)
    return OF_RUN + _hash(said)


def occurrences(calls: Iterable[tuple[str, Mapping[str, Any]]]) -> list[int]:
    """Of each call of one message (a tool and its arguments), how many equal ones stand before it.

    Raises RequestInvalid for what is no call, ArgumentsInvalid for arguments that cannot be sent.
    """
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for call in checks.members("calls", calls):
        asked = _asked(call)
        found.append(seen[asked])
        seen[asked] += 1
    return found


def _asked(call: Any) -> tuple[str, str]:
    """The tool and the canonical arguments of one call."""
    match checks.sequence("calls' every member", call):
        case [tool, arguments]:
            return checks.required("tool", tool), _canonical(arguments)
    raise checks.invalid("each of the calls must be a tool and its arguments", "Give pairs.")


def wire_key(key: str) -> str:
    """The key as the gateway takes it. One that it takes is left as it is; any other is hashed, always to the same.

    Raises RequestInvalid for an empty key: a random one in its place would be another call each time.
    """
    checks.hashed("key", key)
    if len(key) in TAKEN and all("!" <= character <= "~" for character in key):
        return key
    return OF_TEXT + _hash(key)


def wire_step(step: str) -> str:
    """A turn's name as it is told beside its call: one that is too long, or not printable, is hashed, always to the same."""
    return step if len(step) <= checks.RUN_ID_LENGTH and step.isprintable() else OF_TEXT + _hash(step)


def _canonical(arguments: Mapping[str, Any]) -> str:
    """The arguments as the gateway will read them. Raises ArgumentsInvalid."""
    try:
        return canonical(loads(encode(arguments)))
    except (ValueError, RecursionError):
        raise unfit("numbers that a double can hold, and no more than 64 levels of nesting") from None


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
