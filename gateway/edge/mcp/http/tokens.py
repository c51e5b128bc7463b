"""Whose a bearer token is, by the gateway's word. Nothing else of a request is read before.

What the gateway said of a token is good for a moment: until then its requests are read without another question. Each RPC that
they come to is admitted by the gateway anew.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic

from callgate.v1.principal_service_pb2 import Principal

#: Seconds for which a word of the gateway is good, and how many tokens are known at one time.
GOOD_FOR, KNOWN = 5.0, 4096
#: Tokens that the gateway is asked for at one time, and those of one host.
ASKED, OF_HOST = 8, 2
#: Seconds for which a host's turn rests after a token that the gateway did not know: it looks at some 100 of one host a second.
REST = 0.02
#: Characters of a token, which must fit into the metadata of an RPC.
LONGEST = 8192


class NoToken(Exception):
    """There is none, or it is none that the gateway knows. `given`: there was one."""

    def __init__(self, *, given: bool) -> None:
        super().__init__("the bearer token is missing or not valid")
        self.given = given


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a token. `digest`: the token's SHA-256; `name` is for the log."""

    digest: str
    name: str
    token: str = field(repr=False)


#: Asks the gateway whose a token is. Raises NoToken, and Refused where it does not know, or does not let its holder in.
Ask = Callable[[str, str], Awaitable[Principal]]


@dataclass(slots=True)
class Tokens:
    ask: Ask
    clock: Callable[[], float] = monotonic
    _known: OrderedDict[str, tuple[Holder, float]] = field(default_factory=OrderedDict)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ASKED))
    _hosts: dict[str, tuple[asyncio.Semaphore, int]] = field(default_factory=dict)

    async def holder(self, authorization: str, *, peer: str, host: str) -> Holder:
        """Of the token in a header of that name; `peer` asks, of that host. Raises as `ask` does."""
        token = bearer(authorization)
        digest = sha256(token.encode()).hexdigest()
        if (known := self._known.get(digest)) and self.clock() < known[1]:
            return known[0]
        async with self._turn(host):
            try:
                principal = await self.ask(token, peer)
            except NoToken:
                self._known.pop(digest, None)
                await asyncio.sleep(REST)
                raise
        return self._learn(Holder(digest, f"{principal.tenant}/{principal.agent}/{principal.subject}", token))

    def forget(self, holder: Holder) -> None:
        self._known.pop(holder.digest, None)

    def _learn(self, holder: Holder) -> Holder:
        self._known[holder.digest] = holder, self.clock() + GOOD_FOR
        self._known.move_to_end(holder.digest)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return holder

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """Hosts take turns; a proxy's clients, which have no host of their own, take them all."""
        own, waiting = self._hosts.get(host, (asyncio.Semaphore(OF_HOST if host else ASKED), 0))
        self._hosts[host] = own, waiting + 1
        try:
            async with own, self._turns:
                yield
        finally:
            waiting = self._hosts[host][1] - 1
            if waiting:
                self._hosts[host] = own, waiting
            else:
                del self._hosts[host]


def bearer(authorization: str) -> str:
    """The token. Raises NoToken."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise NoToken(given=False)
    if len(token) > LONGEST or not all("!" <= character <= "~" for character in token):
        raise NoToken(given=True)
    return token
