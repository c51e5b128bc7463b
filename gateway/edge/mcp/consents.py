"""A person's consent that an API is called in its name: the page that the person is led to, and what comes of it.

By a browser that comes back to this machine, where the door runs on the person's own; else by the codes for another device
(RFC 8628), where the API has such a page.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import KW_ONLY, dataclass, field
from time import monotonic
from typing import Protocol

from callgate.aio import AsyncClient
from callgate.connections import DeviceCodes, Polled, challenge_of
from callgate.errors import CallgateError, TokenUnavailable
from gateway.edge.mcp.asked import Page

#: Seconds that a person has.
PATIENCE = 300.0
#: What an endpoint that is asked too often wants between two polls, beside what it wanted before (RFC 8628 §3.5).
SLOWER = 5.0


class ConsentMissing(Exception):
    """The person has not consented: it said so, or has let the time go by. The message is for people."""


@dataclass(frozen=True, slots=True)
class CameBack:
    """What a redirect brings. `issuer`: what the authorization server calls itself (RFC 9207); empty where it does not say."""

    code: str = field(repr=False)
    issuer: str = ""


class ComingBack(Protocol):
    """Where a browser comes back to on the person's machine."""

    @property
    def uri(self) -> str: ...

    async def came_back(self, seconds: float) -> CameBack:
        """Raises ConsentMissing."""


#: From the `state` that the redirect must have, and the toolset, to the place for it.
Redirects = Callable[[str, str], AbstractContextManager[ComingBack]]


class Consent(Protocol):
    @property
    def page(self) -> Page: ...

    async def given(self) -> None:
        """Wait for it, and have it kept. Raises ConsentMissing, CallgateError."""

    def close(self) -> None:
        """It is waited for no more."""


@dataclass(frozen=True, slots=True)
class ByBrowser:
    client: AsyncClient = field(repr=False)
    toolset: str
    page: Page
    redirect: ComingBack
    verifier: str = field(repr=False)
    _: KW_ONLY
    place: ExitStack = field(repr=False)

    @classmethod
    async def begin(cls, client: AsyncClient, toolset: str, redirects: Redirects) -> "ByBrowser":
        """Raises CallgateError, and OSError where there is no place for a redirect."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        with ExitStack() as place:
            redirect = place.enter_context(redirects(state, toolset))
            url = await client.connections.begin(
                toolset, redirect_uri=redirect.uri, state=state, code_challenge=challenge_of(verifier)
            )
            page = Page(url, f"Consent that the API of {toolset} is called in your name.")
            return cls(client, toolset, page, redirect, verifier, place=place.pop_all())

    async def given(self) -> None:
        back = await self.redirect.came_back(PATIENCE)
        await self.client.connections.complete(
            self.toolset, code=back.code, code_verifier=self.verifier, redirect_uri=self.redirect.uri, issuer=back.issuer
        )

    def close(self) -> None:
        self.place.close()


@dataclass(frozen=True, slots=True)
class ByDevice:
    client: AsyncClient = field(repr=False)
    toolset: str
    codes: DeviceCodes = field(repr=False)

    @classmethod
    async def begin(cls, client: AsyncClient, toolset: str) -> "ByDevice":
        """Raises CallgateError."""
        return cls(client, toolset, await client.connections.begin_device(toolset))

    @property
    def page(self) -> Page:
        codes = self.codes
        why = f"Consent that the API of {self.toolset} is called in your name. The code is {codes.user_code}."
        return Page(codes.verification_uri_complete or codes.verification_uri, why)

    async def given(self) -> None:
        deadline, interval = monotonic() + min(PATIENCE, self.codes.expires_in), self.codes.interval
        while monotonic() + interval < deadline:
            await asyncio.sleep(interval)
            polled = await self._polled()
            if polled.connection is not None:
                return
            interval += SLOWER if polled.slow_down else 0
        raise ConsentMissing("no consent came in time")

    async def _polled(self) -> Polled:
        """A poll that fails, at the gateway or on the way there, says nothing of the codes: so ask again later."""
        try:
            return await self.client.connections.poll_device(self.toolset, self.codes.flow)
        except CallgateError as error:
            if not (error.retryable or isinstance(error, TokenUnavailable)):
                raise
            return Polled(connection=None, slow_down=True)

    def close(self) -> None:
        """Its codes expire by themselves."""


async def begin(client: AsyncClient, toolset: str, redirects: Redirects | None) -> Consent | None:
    """None where neither way is open: the API has no such page, or this caller may not connect its subject to it."""
    try:
        if redirects is not None:
            return await ByBrowser.begin(client, toolset, redirects)
    except (CallgateError, OSError):
        pass  # the other way may be open
    try:
        return await ByDevice.begin(client, toolset)
    except CallgateError:
        return None
