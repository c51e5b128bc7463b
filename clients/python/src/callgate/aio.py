"""The client for asyncio. Here each verb is written; `client` has the same verbs, blocking."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, NoReturn, Self

from callgate import checks, convert, listing, messages, principals, publications, recordings, review_messages
from callgate.errors import CallgateError, InvocationNotFound
from callgate.handles import CallHandle, kept_in_errors
from callgate.hosts import Host, declare_lost, host_from
from callgate.importing import ImportAnswers, OnProgress
from callgate.keys import new_call_token, new_key, wire_key
from callgate.principals import AddedPrincipal, Principal, RevokedPrincipals
from callgate.retry import EXPORT, IMPORT, READ, REVOKE, of_watch
from callgate.reviews import Decision, Review
from callgate.runs import AsyncRun
from callgate.session import Connected, Session
from callgate.transport import AsyncTransport
from callgate.types import (
    CredentialSource,
    Event,
    ImportReport,
    Invocation,
    InvocationSummary,
    State,
    Tool,
    ToolVersions,
    VersionState,
    VersionStatus,
)
from callgate.v1 import catalog_service_pb2, host_service_pb2, recording_service_pb2
from callgate.v1.invocation_service_pb2 import InvokeRequest
from callgate.v1.recording_service_pb2 import RecordingEntry
from callgate.waiting import SOON, Waiting


class AsyncClient(Connected):
    """A client of a gateway, for asyncio. Every verb raises CallgateError, and sends its request again where that is safe.

    Use it as a context manager, within one event loop. The address is `host:port` or `unix:PATH`, or several of them with
    commas between: gateways on one store, which are asked in turn. All but loopback and Unix sockets need `root_certificates`,
    a PEM file. Raises EndpointInvalid, a ValueError, for what cannot be used.
    """

    _transport = AsyncTransport

    @classmethod
    def _over(cls, session: Session) -> Self:
        """The verbs over the session of another client."""
        client = cls.__new__(cls)
        client._session = session
        return client

    async def list_tools(self, toolset: str | None = None) -> list[Tool]:
        """The newest version of every tool, or of one toolset's, ordered by name."""
        pages = self._session.pages(self._session.catalog.ListTools, partial(messages.list_tools, toolset))
        return [convert.tool(one) async for page in pages for one in page.tools]

    async def get_tool(self, reference: str) -> Tool:
        """The tool version of `name`, `name@1.0.0` or `name@sha256:…`."""
        answer = await self._session.send(self._session.catalog.GetTool, partial(messages.get_tool, reference), READ)
        return convert.tool(answer.tool)

    async def import_toolset(
        self,
        document: bytes,
        toolset: str,
        *,
        server: str = "",
        credentials: Sequence[CredentialSource] = (),
        require_approval: Sequence[str] = (),
        origin: str = "",
        manifest: bytes = b"",
        dry_run: bool = False,
        require_promotion: bool = False,
        deprecate_missing: bool = False,
        on_progress: OnProgress | None = None,
    ) -> ImportReport:
        """Compile an OpenAPI document (JSON or YAML) into tools. All parameters but the last are those of ImportHeader.

        `on_progress` is called with an ImportProgress at most ten times a second, and once when all is read. The progress
        starts again from the beginning where the request is sent again. What `on_progress` raises ends the import.
        """
        header = catalog_service_pb2.ImportHeader(
            toolset=checks.text("toolset", toolset),
            server=checks.text("server", server),
            credentials=messages.credential_sources(credentials),
            require_approval=checks.texts("require_approval", require_approval),
            origin=checks.text("origin", origin),
            manifest=checks.content("manifest", manifest),
            dry_run=checks.flag("dry_run", dry_run),
            require_promotion=checks.flag("require_promotion", require_promotion),
            deprecate_missing=checks.flag("deprecate_missing", deprecate_missing),
        )
        read, told = checks.content("document", document), checks.callable_or_none("on_progress", on_progress)

        async def exchange(seconds: float | None) -> ImportReport:
            answers, requests = ImportAnswers(told), messages.import_toolset(header, read)
            async with self._session.stream(self._session.catalog.ImportToolset, requests, seconds) as stream:
                async for message in stream:
                    answers.take(message)
            return answers.report()

        return await self._session.repeat(exchange, IMPORT)

    async def list_versions(self, toolset: str | None = None) -> list[ToolVersions]:
        """Every version of every tool, or of one toolset's, with its state; ordered by name."""
        pages = self._session.pages(self._session.catalog.ListVersions, partial(messages.list_versions, toolset))
        return [convert.versions(one) async for page in pages for one in page.tools]

    async def set_state(self, reference: str, state: VersionState, reason: str = "") -> list[VersionStatus]:
        """Promote (ACTIVE), deprecate, disable or retire the versions that the reference names. Returns those that moved."""
        request = partial(messages.set_state, reference, state, reason)
        answer = await self._session.send(self._session.catalog.SetVersionState, request, READ)
        return [convert.version_status(one) for one in answer.moved]

    async def publish(self, toolset: str, tenant: str, *, owner: str = "") -> None:
        """Let the callers of a tenant see and call the tools of a toolset. `owner`: who imported it; empty: the own tenant."""
        request = partial(publications.set_publication, toolset, tenant, owner, withdrawn=False)
        await self._session.send(self._session.catalog.SetPublication, request, READ)

    async def withdraw(self, toolset: str, tenant: str, *, owner: str = "") -> bool:
        """Take that back. False where it was not published, or has been taken back before."""
        request = partial(publications.set_publication, toolset, tenant, owner, withdrawn=True)
        return bool((await self._session.send(self._session.catalog.SetPublication, request, READ)).changed)

    async def list_publications(self) -> list[publications.Publication]:
        """Every toolset that is published to another tenant, in order."""
        answer = await self._session.send(self._session.catalog.ListPublications, publications.list_publications, READ)
        return [publications.publication_from(one) for one in answer.publications]

    async def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        key: str | None = None,
        run_id: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the gateway keeps it, and it outlives this coroutine
        wait: float | None = None,
    ) -> Invocation:
        """Call a tool and wait for the end. See `Invocation.raise_for_outcome`: an answer is not yet a success.

        A call that is sent again with the same key, tool and arguments acts once, for as long as the gateway keeps its record
        (`Invocation.key_expires`). A key may be any text but an empty one. Without a key, the client makes a random one, so
        that a process that dies and begins again makes another call: an agent that may be resumed calls by `run`.

        Where an outcome says `not_done`, another `call` with its key makes the call anew. What this one sends again by itself
        is always the same call.

        `timeout` is in seconds, for the whole call. After a NoAnswer or a GatewayUnavailable the call may be under way: send it
        again with the error's key.

        What ends the wait otherwise, a cancelled task, Ctrl-C or a client that was closed meanwhile, has the key, too, and the
        invocation's id, once that is known: see `callgate.handle_of`. The call goes on.

        `wait` is how many seconds to wait for the end; 0: only until the gateway has accepted the call. A call that has not
        ended by then is returned without an outcome, and goes on: see `wait`, `watch` and `get`.
        """
        session, key, call_token = self._session, new_key() if key is None else key, new_call_token()
        on_the_wire, timeout = wire_key(key), checks.timeout(timeout)
        waiting = Waiting(timeout, checks.optional_seconds("wait", wait), session.pacing.clock)

        def request() -> InvokeRequest:
            return messages.invoke(
                tool,
                arguments,
                key=on_the_wire,
                run_id=checks.optional_run_id(run_id) or session.run.id,
                timeout=timeout,
                wait=waiting.seconds,
                recording=session.run.recording,
                call_token=call_token,
            )

        return await self._until_ended(request, waiting, key)

    async def _until_ended(self, request: Callable[[], InvokeRequest], waiting: Waiting, key: str) -> Invocation:
        session, handle = self._session, CallHandle(key)
        with kept_in_errors(handle):
            while True:
                answer = await session.send(session.invocations.Invoke, request, waiting, key=key)
                invocation = convert.invocation(answer.invocation)
                if invocation.outcome is not None or waiting.over:
                    return invocation
                handle.invocation_id = invocation.id
                waiting.answered()
                await session.pacing.sleep(SOON)  # a gateway that answers early must not be asked without end

    async def wait(self, invocation_id: str, *, timeout: float | None = None) -> Invocation:  # noqa: ASYNC109
        """Wait for the end of an invocation. Raises NoAnswer where that takes more than `timeout` seconds.

        None or math.inf: as long as it takes.
        """
        with kept_in_errors(CallHandle(invocation_id=invocation_id)):
            async for _ in self.watch(invocation_id, timeout=timeout):
                pass
            return await self.get(invocation_id)

    async def get(self, invocation_id: str) -> Invocation:
        """An invocation as it stands."""
        request = partial(messages.get, invocation_id)
        return convert.invocation((await self._session.send(self._session.invocations.GetInvocation, request, READ)).invocation)

    async def find(self, key: str) -> Invocation | None:
        """The invocation with this caller's idempotency key, as it stands; None where there is none. Nothing runs."""
        request = partial(messages.find, wire_key(key))
        try:
            answer = await self._session.send(self._session.invocations.FindInvocation, request, READ)
        except InvocationNotFound:
            return None
        return convert.invocation(answer.invocation)

    async def list_invocations(
        self,
        *,
        tool: str | None = None,
        states: Sequence[State] = (),
        run_id: str | None = None,
        key: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[InvocationSummary]:
        """The calls that this caller may see, the one that was accepted last first: its own, and its tenant's where it may
        review or operate.

        All that is given has to hold. `tool`: a name, or `name@version`. `key`: of a call of this caller. `since` and `until`:
        aware; the latter is excluded. Pages come as they are asked for: stop where you have seen enough.
        """
        wanted = listing.wanted(tool=tool, states=states, run_id=run_id, key=key, since=since, until=until)
        async for page in self._session.pages(self._session.invocations.ListInvocations, wanted):
            for one in page.invocations:
                yield listing.summary(one)

    def run(self, id: str) -> AsyncRun:
        """A run, whose calls get their keys from their places in it: an agent that dies and goes on makes the same calls.

        `id` is this caller's name for it, at most 255 printable characters: the same when it goes on, and no other run's.
        Raises RequestInvalid for any other.
        """
        return AsyncRun(id, self.call, self.find)

    async def cancel(self, invocation_id: str) -> Invocation:
        """Ask the gateway to end an invocation. Returns the invocation as it stands now."""
        request = partial(messages.cancel, invocation_id)
        answer = await self._session.send(self._session.invocations.CancelInvocation, request, READ)
        return convert.invocation(answer.invocation)

    async def watch(
        self,
        invocation_id: str,
        *,
        after: int = 0,
        until_settled: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncIterator[Event]:
        """An invocation's events after number `after`, until it has ended or, with `until_settled`, its clean-up is done, too.

        Raises NoAnswer where that takes more than `timeout` seconds. None or math.inf: as long as it takes.
        """
        tries = self._session.begin(of_watch(checks.endless_seconds("timeout", timeout)))
        while True:
            request = messages.watch(invocation_id, after, until_settled)
            try:
                async with self._session.stream(self._session.invocations.WatchInvocation, request, tries.begin()) as stream:
                    async for answer in stream:
                        tries.alive()
                        if answer.HasField("event"):
                            tries.progressed()
                            after = answer.event.number
                            yield convert.event(answer.event)
            except CallgateError as error:
                pause = tries.pause_after(error)
            else:
                return
            await self._session.pacing.sleep(pause)

    async def list_reviews(self) -> list[Review]:
        """All open reviews of this tenant, oldest first. Raises NotPermitted where the caller may not review."""
        pages = self._session.pages(self._session.reviews.ListReviews, review_messages.list_reviews)
        return [review_messages.review(one) async for page in pages for one in page.reviews]

    async def get_review(self, invocation_id: str) -> Review:
        """The review of an invocation, open or decided."""
        request = partial(review_messages.get, invocation_id)
        return review_messages.review((await self._session.send(self._session.reviews.GetReview, request, READ)).review)

    async def resolve_review(
        self, invocation_id: str, decision: Decision, *, reason: str, attempts_seen: int | None = None
    ) -> Review:
        """Decide an open review, once; the reason goes into the audit log. Returns the review as it stands then.

        `attempts_seen`: how many attempts it had when you looked, `len(review.invocation.attempts)`. None: the client looks
        before it first sends the decision. Raises ReviewNotOpen where it is decided already, or an attempt was made since.
        """
        request = review_messages.resolve(invocation_id, decision, reason, attempts_seen)
        if attempts_seen is None:  # before the first try: another one must not decide about what has come between the two
            request.attempts_seen = len((await self.get_review(invocation_id)).invocation.attempts)
        answer = await self._session.send(self._session.reviews.ResolveReview, lambda: request, READ)
        return review_messages.review(answer.review)

    async def list_hosts(self) -> list[Host]:
        """The hosts that gateways have made boxes on. Raises NotPermitted where the caller may not operate the gateways."""
        answer = await self._session.send(self._session.hosts.ListHosts, host_service_pb2.ListHostsRequest, READ)
        return [host_from(one) for one in answer.hosts]

    async def declare_host_lost(self, host_id: str, *, reason: str) -> Host:
        """Say that a host is gone for good, and its boxes with it: the calls that wait for these go on, or can be decided.

        The reason goes into the audit log. Raises HostNotFound, and HostLives where a gateway there lives.
        """
        request = partial(declare_lost, host_id, reason)
        return host_from((await self._session.send(self._session.hosts.DeclareHostLost, request, READ)).host)

    async def add_principal(
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
        it is used, and returns it: it is told nowhere else. `expires` without a time zone is UTC.

        Raises NotPermitted where the caller may not operate the gateways, RequestInvalid for a right that is none.
        """
        token, digest = principals.new_token(token_sha256)
        request = partial(principals.add, digest, (tenant, agent, subject), tools, rights, expires)
        return principals.added_from(token, await self._session.send(self._session.principals.AddPrincipal, request, READ))

    async def list_principals(self) -> list[Principal]:
        """Every token's entry, of all tenants: the store's, and those of the answering gateway's file. Raises NotPermitted."""
        pages = self._session.pages(self._session.principals.ListPrincipals, principals.page)
        return [principals.principal_from(one) async for page in pages for one in page.principals]

    async def revoke_principals(
        self, *, id: str | None = None, tenant: str | None = None, agent: str | None = None, subject: str | None = None
    ) -> RevokedPrincipals:
        """Shut out one token by its id, or all of a principal's. When this returns, no gateway lets them in.

        Raises NotPermitted, PrincipalNotFound, and RequestInvalid where an entry is in the principals file.
        """
        request = partial(principals.revoke, id, tenant, agent, subject)
        return principals.revoked_from(await self._session.send(self._session.principals.RevokePrincipals, request, REVOKE))

    async def export_recording(self, name: str) -> bytes:
        """A recording of this caller's, as the content of a file. Raises RecordingNotFound."""
        request = recording_service_pb2.ExportRecordingRequest(name=recordings.checked_name(name))

        async def exchange(seconds: float | None) -> list[RecordingEntry]:
            async with self._session.stream(self._session.recordings.ExportRecording, request, seconds) as stream:
                return [answer.entry async for answer in stream]

        return recordings.dump(recordings.ordered(await self._session.repeat(exchange, EXPORT)))

    async def import_recording(self, name: str, content: bytes) -> int:
        """Store the content of an exported file as a recording of this caller's. An older one of that name is replaced.

        Returns the number of calls in it.
        """
        requests = partial(recordings.import_requests, recordings.checked_name(name), recordings.load(content))
        return int((await self._session.send(self._session.recordings.ImportRecording, requests, IMPORT)).entries)

    async def delete_recording(self, name: str) -> None:
        """Erase a recording of this caller's, so that another one can be made. It is no error if there is none."""
        request = partial(recording_service_pb2.DeleteRecordingRequest, name=recordings.checked_name(name))
        await self._session.send(self._session.recordings.DeleteRecording, request, READ)

    async def close(self) -> None:
        await self._session.close()

    def __enter__(self) -> NoReturn:
        raise checks.invalid(
            "an AsyncClient is entered by `async with`, not by `with`",
            "Write `async with`, in a coroutine; or take Client, whose verbs need no `await`.",
        )

    def __exit__(self, *_: object) -> None:
        """`with` asks for it before it enters, and never comes here."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
