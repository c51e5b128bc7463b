"""`client.hosts`, for operators: the hosts of the gateways."""

from collections.abc import AsyncIterator
from functools import partial

from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.hosts import Host, declare_lost, host_from, page
from callgate.retry import READ
from callgate.session import Noun


class AsyncHosts(Noun):
    """For operators: the hosts of the gateways."""

    async def list(self) -> AsyncIterator[Host]:
        """The hosts that gateways have made boxes on. Raises NotPermitted where the caller may not operate the gateways."""
        async for answer in self._session.pages(self._session.hosts.ListHosts, page):
            for one in answer.hosts:
                yield host_from(one)

    async def declare_lost(self, host_id: str, *, reason: str) -> Host:
        """Say that a host is gone for good, and its boxes with it: the calls that wait for these go on, or can be decided.

        The reason goes into the audit log. Raises HostNotFound, and HostLives where a gateway there lives.
        """
        request = partial(declare_lost, host_id, reason)
        return host_from((await self._session.send(self._session.hosts.DeclareHostLost, request, READ)).host)


class Hosts(BlockingNoun[AsyncHosts]):
    """For operators: the hosts of the gateways."""

    list = iterating(AsyncHosts.list)
    declare_lost = blocking(AsyncHosts.declare_lost)
