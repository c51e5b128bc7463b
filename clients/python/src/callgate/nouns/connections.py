"""`client.connections`: a person consents once that tools of an API act in its name."""

from collections.abc import AsyncIterator
from functools import partial

from callgate import connections as messages
from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.connections import ApiConnection, DeviceCodes, Disconnected, Polled
from callgate.retry import CONNECT, READ
from callgate.session import Noun


class AsyncConnections(Noun):
    """What the caller's subject has consented to. No secret and no token is in any of it.

    `credential` is the path or the id of one, where a toolset has several.
    """

    async def begin(self, toolset: str, *, redirect_uri: str, state: str, code_challenge: str, credential: str = "") -> str:
        """The URL to which the person's browser is led; with the code that comes back to `redirect_uri`, `complete`."""
        request = partial(messages.begin, toolset, credential, redirect_uri, state, code_challenge)
        return str((await self._session.send(self._session.connections.BeginConnection, request, READ)).authorization_url)

    async def complete(
        self, toolset: str, *, code: str, code_verifier: str, redirect_uri: str, issuer: str = "", credential: str = ""
    ) -> ApiConnection:
        """Have the code redeemed. It is sent once, whatever becomes of it: a code is good for one use. `issuer` is the
        redirect's `iss`, if it had one: the code of another authorization server is refused.

        Raises TokenRefused with the endpoint's word, TokenUnavailable: then begin again.
        """
        request = partial(messages.complete, toolset, credential, code, code_verifier, redirect_uri, issuer=issuer)
        answer = await self._session.once(self._session.connections.CompleteConnection, request(), CONNECT.each)
        return messages.connection_from(answer.connection)

    async def begin_device(self, toolset: str, *, credential: str = "") -> DeviceCodes:
        """What the person needs to consent on another device; then `poll_device` until it has."""
        request = partial(messages.begin_device, toolset, credential)
        return messages.codes_from(
            await self._session.once(self._session.connections.BeginDeviceConnection, request(), CONNECT.each)
        )

    async def poll_device(self, toolset: str, flow: str, *, credential: str = "") -> Polled:
        """Ask once whether the person has consented. Raises TokenRefused where it has refused, or the codes have expired."""
        request = partial(messages.poll_device, toolset, credential, flow)
        return messages.polled_from(
            await self._session.once(self._session.connections.PollDeviceConnection, request(), CONNECT.each)
        )

    async def list(self) -> AsyncIterator[ApiConnection]:
        """The own and the tenant's; all of the tenant's, where the caller may import or operate. Pages come as they are asked
        for."""
        async for answer in self._session.pages(self._session.connections.ListConnections, messages.page):
            for one in answer.connections:
                yield messages.connection_from(one)

    async def disconnect(self, toolset: str, *, credential: str = "", subject: str = "") -> Disconnected:
        """Remove what is kept, and have the endpoint revoke it, where the manifest says where. `subject`: another's, for
        callers that may import or operate."""
        request = partial(messages.disconnect, toolset, credential, subject)
        answer = await self._session.send(self._session.connections.Disconnect, request, CONNECT)
        return Disconnected(answer.removed, answer.revoked, answer.reason)


class Connections(BlockingNoun[AsyncConnections]):
    """What the caller's subject has consented to. No secret and no token is in any of it.

    `credential` is the path or the id of one, where a toolset has several.
    """

    begin = blocking(AsyncConnections.begin)
    complete = blocking(AsyncConnections.complete)
    begin_device = blocking(AsyncConnections.begin_device)
    poll_device = blocking(AsyncConnections.poll_device)
    list = iterating(AsyncConnections.list)
    disconnect = blocking(AsyncConnections.disconnect)
