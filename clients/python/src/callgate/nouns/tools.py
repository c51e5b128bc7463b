"""`client.tools`: the tools that this caller sees, and their versions."""

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from typing import Any

from callgate import checks, convert, messages
from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.lock import Lock
from callgate.lock_check import LockedState, states
from callgate.pages import ToolPage
from callgate.retry import READ
from callgate.session import Noun
from callgate.types import Effect, FoundTool, SchemaForm, Tool, ToolName, ToolVersions, VersionState, VersionStatus

#: Tools that a search finds where its caller says no other number, and at most.
FOUND, MOST_FOUND = 10, 50


class AsyncTools(Noun):
    """The tools that this caller sees, and their versions."""

    async def list(
        self,
        toolset: str | None = None,
        *,
        name: str | None = None,
        schema_form: SchemaForm | None = None,
        token_budget: int | None = None,
    ) -> AsyncIterator[Tool]:
        """The newest version of every tool, or of one toolset's, ordered by name. Pages come as they are asked for.

        `name`: only those that fit the pattern, as fnmatch's. `schema_form`: how input schemas are written; None: the tool's
        own. Where a schema has no such form, `Tool.schema_form_refusal` says why. `token_budget`: what a tool may take in
        the form REDUCED; None: 8,000.

        A client with a lock lists the tools of that alone, in its versions.
        """
        wanted, locking = messages.list_tools(toolset, name, schema_form, tokens=token_budget), self._session.locking
        await locking.check()
        async for page in self._session.pages(self._session.catalog.ListTools, wanted):
            async for one in self._of_page(page.tools, schema_form, token_budget):
                yield one

    async def page(
        self,
        toolset: str | None = None,
        *,
        name: str | None = None,
        schema_form: SchemaForm | None = None,
        page_token: str = "",
    ) -> ToolPage:
        """One page of what `list` lists, for programs that show pages themselves: the first, or that of a token which the page
        before had. The page of a client with a lock may have fewer tools than others, or none."""
        wanted, locking = messages.list_tools(toolset, name, schema_form), self._session.locking
        await locking.check()
        request = partial(wanted, checks.text("page_token", page_token))
        page = await self._session.send(self._session.catalog.ListTools, request, READ)
        return ToolPage(tuple([one async for one in self._of_page(page.tools, schema_form)]), page.next_page_token)

    async def _of_page(
        self, listed: Iterable[Any], schema_form: SchemaForm | None, token_budget: int | None = None
    ) -> AsyncIterator[Tool]:
        """Of a page's tools those that the client may call, in the versions that it calls."""
        locking = self._session.locking
        for one in map(convert.tool, listed):
            if locking.has(one.name, one.digest):
                yield one
            elif locking.has(one.name):
                yield await self.get(one.name, schema_form=schema_form, token_budget=token_budget)

    async def names(self, toolset: str | None = None, *, name: str | None = None) -> AsyncIterator[ToolName]:
        """What `list` would list, as names alone: a catalog of thousands of tools comes in some pages."""
        wanted, locking = messages.list_tools(toolset, name, None, names_only=True), self._session.locking
        await locking.check()
        async for page in self._session.pages(self._session.catalog.ListTools, wanted):
            for one in map(convert.tool_name, page.tools):
                if locking.has(one.name):
                    yield locking.named(one)

    async def get(self, reference: str, *, schema_form: SchemaForm | None = None, token_budget: int | None = None) -> Tool:
        """The tool version of `name`, `name@1.0.0` or `name@sha256:…`. `schema_form`, `token_budget`: as in `list`.

        Of a client with a lock, the locked version. Raises ToolNotLocked for another one, and for a tool that is not locked.
        """
        named = await self._session.locking.reference(reference)
        request = partial(messages.get_tool, named, schema_form, token_budget)
        answer = await self._session.send(self._session.catalog.GetTool, request, READ)
        return convert.tool(answer.tool)

    async def search(
        self,
        query: str,
        *,
        toolset: str | None = None,
        effects: Sequence[Effect] = (),
        tags: Sequence[str] = (),
        limit: int = FOUND,
        schema_form: SchemaForm | None = None,
    ) -> tuple[FoundTool, ...]:
        """The tools that this caller may call and that fit best what is to be done, the best first: at most `limit`, up to 50.

        `query`: what an agent wants to do, in words; up to 1,000 characters. All that is given beside it has to hold:
        `effects`: of one of these; `tags`: with each of these, whatever their case. `schema_form`: as in `list`. A tool of
        which no word fits is not there.

        A client with a lock finds the tools of that alone, in its versions, among the 50 that fit best.
        """
        wanted, locking = (
            messages.search_tools(query, toolset, effects, tags, limit=limit, form=schema_form),
            self._session.locking,
        )
        await locking.check()
        most = wanted.limit or FOUND
        if locking.lock is not None:
            wanted.limit = max(most, MOST_FOUND)
        answer = await self._session.send(self._session.catalog.SearchTools, lambda: wanted, READ)
        fitting = [one for one in map(convert.found_tool, answer.tools) if locking.has(one.tool.name)]
        return tuple([await self._locked(one, schema_form) for one in fitting[:most]])

    async def _locked(self, found: FoundTool, form: SchemaForm | None) -> FoundTool:
        """In the version that the client calls."""
        if self._session.locking.has(found.tool.name, found.tool.digest):
            return found
        return FoundTool(await self.get(found.tool.name, schema_form=form), found.score)

    async def versions(self, toolset: str | None = None) -> AsyncIterator[ToolVersions]:
        """Every version of every tool, or of one toolset's, with its state; ordered by name. Pages come as they are asked for.

        It has names and no schemas, so it is far smaller than `list`.
        """
        async for page in self._session.pages(self._session.catalog.ListVersions, partial(messages.list_versions, toolset)):
            for one in page.tools:
                yield convert.versions(one)

    async def check(self, lock: Lock) -> tuple[LockedState, ...]:
        """How the gateway stands to each tool of a lock file. A client with a `lock` does so itself, and raises LockDiffers."""
        return await states(checks.instance(Lock, "lock", lock), self._session.tool)

    async def set_state(self, reference: str, state: VersionState, reason: str = "") -> tuple[VersionStatus, ...]:
        """Promote (ACTIVE), deprecate, disable or retire the versions that the reference names. Returns those that moved."""
        request = partial(messages.set_state, reference, state, reason)
        answer = await self._session.send(self._session.catalog.SetVersionState, request, READ)
        return tuple(convert.version_status(one) for one in answer.moved)


class Tools(BlockingNoun[AsyncTools]):
    """The tools that this caller sees, and their versions."""

    list = iterating(AsyncTools.list)
    page = blocking(AsyncTools.page)
    names = iterating(AsyncTools.names)
    get = blocking(AsyncTools.get)
    search = blocking(AsyncTools.search)
    versions = iterating(AsyncTools.versions)
    check = blocking(AsyncTools.check)
    set_state = blocking(AsyncTools.set_state)
