"""`client.principals`, for operators: who may call."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial

from callgate import checks, principals
from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.principals import AddedPrincipal, Principal, RevokedPrincipals
from callgate.retry import READ, REVOKE
from callgate.session import Noun
from callgate.v1.principal_service_pb2 import GetCallerRequest


class AsyncPrincipals(Noun):
    """For operators: who may call."""

    async def caller(self) -> Principal:
        """The entry of this client's own token. Every caller may ask; raises Unauthenticated for a token that is not known."""
        answer = await self._session.send(self._session.principals.GetCaller, GetCallerRequest, READ)
        return principals.principal_from(answer.principal)

    async def list(self) -> AsyncIterator[Principal]:
        """Every token's entry, of all tenants: the store's, and those of the answering gateway's file. Raises NotPermitted.

        Pages come as they are asked for.
        """
        async for page in self._session.pages(self._session.principals.ListPrincipals, principals.page):
            for one in page.principals:
                yield principals.principal_from(one)

    async def add(
        self,
        tenant: str,
        agent: str,
        subject: str,
        *,
        tools: Sequence[str] = (),
        rights: Sequence[str] = (),
        expires: datetime | None = None,
        token_sha256: str | None = None,
    ) -> AddedPrincipal:
        """Let a caller in, on every gateway. Without `token_sha256` the client makes a token, which no gateway ever sees before
        it is used, and returns it: it is told nowhere else. `expires`: aware; None: never.

        Raises NotPermitted where the caller may not operate the gateways, RequestInvalid for a right that is none.
        """
        token, digest = principals.new_token(token_sha256)
        until = checks.optional_moment("expires", expires)
        request = partial(principals.add, digest, (tenant, agent, subject), tools, rights, until)
        return principals.added_from(token, await self._session.send(self._session.principals.AddPrincipal, request, READ))

    async def revoke(
        self, *, id: str | None = None, tenant: str | None = None, agent: str | None = None, subject: str | None = None
    ) -> RevokedPrincipals:
        """Shut out one token by its id, or all of a principal's. When this returns, no gateway lets them in.

        Raises NotPermitted, PrincipalNotFound, and RequestInvalid where an entry is in the principals file.
        """
        request = partial(principals.revoke, id, tenant, agent, subject)
        return principals.revoked_from(await self._session.send(self._session.principals.RevokePrincipals, request, REVOKE))


class Principals(BlockingNoun[AsyncPrincipals]):
    """For operators: who may call."""

    caller = blocking(AsyncPrincipals.caller)
    list = iterating(AsyncPrincipals.list)
    add = blocking(AsyncPrincipals.add)
    revoke = blocking(AsyncPrincipals.revoke)
