"""The ways in which an invocation can end. The meaning of each is in invocation.proto.

As text, each is one sentence for people, without the upstream's answer, which may be secret.
"""

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from callgate.artifacts import Artifact
from callgate.fault_code import FaultCode
from callgate.headers import Headers
from callgate.visible import visible


@dataclass(frozen=True, slots=True)
class ShownPart:
    """What a tool's view has left of an answer. `projection`: the JMESPath expression whose value the body is, or empty;
    `matched_nothing`: it has found nothing. `whole_bytes`: of the body before. `items_left_out` and `bytes_left_out`: what the
    view's size has cut off. `message`: why the view could not be used, for people. `unmatched`: members that the projection
    asks for, and that nothing has in which it looks for them: a name may be misspelt."""

    projection: str = ""
    matched_nothing: bool = False
    whole_bytes: int = 0
    items_left_out: int = 0
    bytes_left_out: int = 0
    message: str = ""
    _: KW_ONLY
    unmatched: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [visible(self.message)] if self.message else []
        if self.projection and not self.message:
            found = "has found nothing in" if self.matched_nothing else "has made this of"
            said.append(f"The view {visible(self.projection)!r} {found} an answer of {self.whole_bytes:,} bytes.")
        if self.unmatched:
            names = ", ".join(repr(visible(name)) for name in self.unmatched)
            said.append(f"Nothing in which it looks has {names}: the view may misspell that.")
        if self.bytes_left_out:
            items = f", {self.items_left_out:,} items among them" if self.items_left_out else ""
            said.append(f"{self.bytes_left_out:,} bytes are left out{items}.")
        return " ".join(said)


@dataclass(frozen=True, slots=True)
class Pages:
    """Of how many pages of a list an answer was made. `more`: it goes on; `next_arguments` are those by which the same call
    gets what comes next, in the place of its own; empty where none do. `stopped`: why no further page was fetched, although
    there was room for one (NOT_PAGED, LOOP, FAILED, TOO_LARGE, TIME, ORIGIN). `message`: the same for people, and why there is
    more and no arguments for it."""

    fetched: int
    items: int
    more: bool = False
    next_arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    stopped: str = ""
    message: str = ""

    def __str__(self) -> str:
        said = [f"These are {self.items:,} items of {self.fetched:,} pages."]
        if self.stopped:
            said.append(f"It stopped ({self.stopped}): {visible(self.message)}.")
        if self.more and self.next_arguments:
            said.append(f"There is more: call again with {json.dumps(dict(self.next_arguments))}.")
        elif self.more:
            why = f", but {visible(self.message)}" if self.message and not self.stopped else ""
            said.append(f"There is more{why}.")
        return " ".join(said)


@dataclass(frozen=True, slots=True)
class Result:
    """The upstream's answer, or, with an `http_status` of 0, a program's result. The body is not in the repr.

    `matches_schema` is None where the tool has no output schema for this status. `links` are those of the answer's headers
    (RFC 8288), by their relation: `result.links.get("next")` is the URL of a list's next page, `result.links.get("location")`
    that of what was made or begun. The gateway follows none. `headers` are the answer's, in whatever case they are asked for;
    `headers_left_out`: how many more there were than the gateway keeps. `shown`: what the tool's view has left of the answer,
    None where the body is all of it; `pages`: of how many pages of a list it was made. `artifact` has the whole where it is
    over the tool's bound, or its view's: `client.artifacts` reads it, and the body here is the beginning of a text, or empty,
    or what the view shows. Show `for_model` to a model.
    """

    http_status: int
    content_type: str
    body: bytes = field(repr=False)
    matches_schema: bool | None = None
    links: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    _: KW_ONLY
    headers: Mapping[str, str] = field(default_factory=Headers, repr=False, hash=False)
    headers_left_out: int = 0
    shown: ShownPart | None = None
    pages: Pages | None = None
    artifact: Artifact | None = None

    @property
    def for_model(self) -> str:
        """The body as text, and behind it, in a paragraph in brackets, what is left out of it and how to get more."""
        notes = " ".join(str(one) for one in (self.pages, self.shown, self.artifact) if one is not None)
        return f"{self.text}\n\n[{notes}]" if notes else self.text

    @property
    def text(self) -> str:
        """The body as text. The gateway has made UTF-8 of other charsets; what is none becomes U+FFFD."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Succeeded:
    result: Result

    def __str__(self) -> str:
        status = self.result.http_status
        return f"succeeded with HTTP status {status}" if status else "succeeded"


@dataclass(frozen=True, slots=True)
class ToolFailed:
    """`result` is None where no complete response came, unless it was a stream that broke off; of a program that failed, it is
    the JSON or text that it wrote. `http_status` is there as soon as a response began, else 0.

    `effect_possible` says whether the request may have acted all the same. `not_done`: nothing was sent, or the upstream said
    that it did nothing, so the same call with the same key is made anew. `retry_after`: seconds, from the end on, for which the
    upstream does not want to be asked again; None where it did not say.
    """

    result: Result | None
    fault: FaultCode
    message: str
    effect_possible: bool
    _: KW_ONLY
    http_status: int = 0
    retry_after: float | None = None
    not_done: bool = False

    def __str__(self) -> str:
        later = "" if self.retry_after is None else f" (call again after {self.retry_after:g} s)"
        return f"the tool failed: {self.fault}: {self.message}{_warning(self.effect_possible)}{later}"


@dataclass(frozen=True, slots=True)
class LimitExceeded:
    """`http_status` is that of an answer that was too large, else 0: with a 2xx, the upstream has done it. `not_done`: nothing
    was sent, and the key is free. `result`: what had come of a stream of events or lines within the bound, else None."""

    limit: str
    message: str
    effect_possible: bool
    http_status: int = 0
    not_done: bool = False
    result: Result | None = None

    def __str__(self) -> str:
        return f"over the limit {self.limit}: {self.message}{_warning(self.effect_possible)}"


@dataclass(frozen=True, slots=True)
class TimedOut:
    """`effect_possible`: an attempt was let go, and may have acted. `not_done`: none was, and the key is free. `http_status` is
    that of an answer that had begun, else 0. `result`: what had come of a stream of events or lines, else None."""

    message: str
    effect_possible: bool = False
    http_status: int = 0
    not_done: bool = False
    result: Result | None = None

    def __str__(self) -> str:
        return f"timed out: {self.message}{_warning(self.effect_possible)}"


@dataclass(frozen=True, slots=True)
class Cancelled:
    effect_possible: bool

    def __str__(self) -> str:
        return f"cancelled{_warning(self.effect_possible)}"


@dataclass(frozen=True, slots=True)
class SandboxFailed:
    """A part of Callgate's own failed. `not_done`: nothing was sent, and the key is free."""

    fault: FaultCode
    message: str
    effect_possible: bool = False
    not_done: bool = False

    def __str__(self) -> str:
        return f"the sandbox failed: {self.fault}: {self.message}{_warning(self.effect_possible)}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """The box sent a request that is not safe to repeat, and its answer was lost. Do not repeat the call blindly."""

    message: str

    def __str__(self) -> str:
        return f"the outcome is unknown: {self.message}"


Outcome = Succeeded | ToolFailed | LimitExceeded | TimedOut | Cancelled | SandboxFailed | Unknown


#: What an outcome's text says of a request that may have acted.
EFFECT_POSSIBLE = " (the request may have had an effect)"


def _warning(effect_possible: bool) -> str:
    return EFFECT_POSSIBLE if effect_possible else ""
