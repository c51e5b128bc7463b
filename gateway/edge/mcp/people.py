"""A call that waits for a person: the client leads the person to a page, and the call is made once the person is done there.

By 2025-11-25 the door asks the client while the request waits. By 2026-07-28 the request ends, and the client sends it again
with what the person has said; meanwhile the door keeps what it waits for, under a name that cannot be guessed.

Today a call waits for one thing: a connection that the person has to make. What is to wait for another decision of a person
makes another Consent.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from callgate.errors import CallgateError
from gateway.edge.mcp.asked import McpRequest, Page, Spoken
from gateway.edge.mcp.consents import PATIENCE, Consent, ConsentMissing, Redirects, begin

#: How many a door waits for at a time, by 2026-07-28: of one caller, and of all.
MOST, MOST_OF_ALL = 64, 1024


class PersonAwaited(Exception):
    """Ends a request of 2026-07-28, which its client sends again once the person has said whether it goes to the page."""

    def __init__(self, page: Page, state: str) -> None:
        super().__init__(page.why)
        self.page = page
        self.state = state


@dataclass
class Awaited:
    """The consents that requests of 2026-07-28 will come back for."""

    clock: Callable[[], float] = monotonic
    _kept: OrderedDict[str, "_KeptConsent"] = field(default_factory=OrderedDict)

    def keep(self, consent: Consent, whose: object) -> str:
        """The name under which it is taken again. `whose`: the caller's client."""
        name = secrets.token_urlsafe(24)
        self._kept[name] = _KeptConsent(self.clock() + PATIENCE, consent, whose)
        self._let_go(whose)
        return name

    def take(self, name: str, whose: object) -> Consent | None:
        """Once. None where there is none, or no more; and for another caller."""
        self._let_go(whose)
        kept = self._kept.get(name)
        return self._kept.pop(name).consent if kept is not None and kept.whose is whose else None

    def close(self) -> None:
        while self._kept:
            self._end(next(iter(self._kept)))

    def _let_go(self, whose: object) -> None:
        """The oldest of a caller that has too many, so that none pushes out those of others."""
        now, own = self.clock(), [name for name, kept in self._kept.items() if kept.whose is whose]
        for name in own[:-MOST]:
            self._end(name)
        while self._kept and (len(self._kept) > MOST_OF_ALL or next(iter(self._kept.values())).until < now):
            self._end(next(iter(self._kept)))

    def _end(self, name: str) -> None:
        self._kept.pop(name).consent.close()


@dataclass(frozen=True, slots=True)
class _KeptConsent:
    until: float
    consent: Consent
    whose: object


@dataclass(frozen=True)
class People:
    """`redirects`: where a browser comes back to, where the door runs on the person's own machine."""

    redirects: Redirects | None = None
    awaited: Awaited = field(default_factory=Awaited)

    async def connected(self, asked: McpRequest, tool: str) -> bool:
        """Whether a person has connected the tool's API just now. False where the client cannot lead one there, or it would not
        go. Raises PersonAwaited, CallgateError."""
        if asked.person is None and not asked.person_later:
            return False
        toolset = (await asked.client.tools.get(tool)).toolset
        consent = await begin(asked.client, toolset, self.redirects)
        if consent is None:
            return False
        if asked.person is None:
            raise PersonAwaited(consent.page, self.awaited.keep(consent, asked.client))
        try:
            if not await asked.person.led_to(consent.page):
                return False
            given = await _given(consent)
        finally:
            consent.close()
        await asked.person.has_been(consent.page)
        return given

    async def heard(self, spoken: Spoken, whose: object) -> None:
        """What a request of this caller's client has come back with: the consent is there afterwards, if the person has given
        it."""
        consent = self.awaited.take(spoken.state, whose)
        if consent is None:
            return
        try:
            if spoken.accepted:
                await _given(consent)
        finally:
            consent.close()


async def _given(consent: Consent) -> bool:
    """What kept it from being given, the next try of the call says."""
    try:
        await consent.given()
    except (ConsentMissing, CallgateError):
        return False
    return True
