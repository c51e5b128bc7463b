"""The blocking client. `aio` has the same verbs for asyncio; a test keeps their signatures equal."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from callgate import channel, convert, messages, recordings, review_messages
from callgate.endpoint import DEFAULT_ADDRESS, Endpoint
from callgate.errors import CallgateError
from callgate.importing import ImportAnswers, OnProgress
from callgate.keys import new_key
from callgate.recordings import Recording
from callgate.retry import EXPORT, IMPORT, PATIENT, READ, SOON, Bounds, RetryPolicy, Waiting, of_watch
from callgate.reviews import Decision, Review
from callgate.status import translated
from callgate.tracing import end_stream
from callgate.types import CredentialSource, Event, ImportReport, Invocation, Tool, ToolVersions, VersionState, VersionStatus
from callgate.v1 import recording_service_pb2, review_service_pb2
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub
from callgate.v1.recording_service_pb2_grpc import RecordingServiceStub
from callgate.v1.review_service_pb2_grpc import ReviewServiceStub


class Client:
    """A connection to a gateway. Every verb raises CallgateError, and sends its request again where that is safe.

    Use it as a context manager, from any number of threads. The address is `host:port` or `unix:PATH`; all but loopback and
    Unix sockets need `root_certificates`, a PEM file. Raises EndpointInvalid, a ValueError, for what cannot be used.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        token: str | None = None,
        root_certificates: Path | None = None,
        retry: RetryPolicy = PATIENT,
        recording: Recording | None = None,
        run_id: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        endpoint = Endpoint(address, token, root_certificates)
        self._metadata = endpoint.metadata
        self._retry = retry
        self._recording = recording
        self._run_id = run_id or (new_key() if recording else None)
        self._sleep = sleep
        self._channel = channel.connect(endpoint)
        self._catalog = CatalogServiceStub(self._channel)
        self._invocations = InvocationServiceStub(self._channel)
        self._reviews = ReviewServiceStub(self._channel)
        self._recordings = RecordingServiceStub(self._channel)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, *, retry: RetryPolicy = PATIENT) -> Self:
        """A client for the gateway that CALLGATE_ADDRESS and its like name, in the run that CALLGATE_RUN_ID names.

        See `Endpoint.from_environment` and `Recording.from_environment`.
        """
        endpoint = Endpoint.from_environment(environ)
        return cls(
            endpoint.address,
            token=endpoint.token,
            root_certificates=endpoint.root_certificates,
            retry=retry,
            recording=Recording.from_environment(environ),
            run_id=environ.get("CALLGATE_RUN_ID"),
        )

    def list_tools(self, toolset: str | None = None) -> list[Tool]:
        """The newest version of every tool, or of one toolset's, ordered by name."""
        tools: list[Tool] = []
        page_token = ""
        while True:
            page = self._send(self._catalog.ListTools, partial(messages.list_tools, toolset, page_token), READ)
            tools += [convert.tool(one) for one in page.tools]
            if not (page_token := page.next_page_token):
                return tools

    def get_tool(self, reference: str) -> Tool:
        """The tool version of `name`, `name@1.0.0` or `name@sha256:…`."""
        return convert.tool(self._send(self._catalog.GetTool, partial(messages.get_tool, reference), READ).tool)

    def import_toolset(
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
        """Compile an OpenAPI document (JSON or YAML) into tools. The parameters but the last are ImportHeader's.

        `on_progress` is called with an ImportProgress at most ten times a second, and once when all is read. It begins anew
        where the request has to be sent again. What it raises ends the import.
        """
        requests = partial(
            messages.import_toolset,
            document,
            toolset,
            server=server,
            credentials=credentials,
            require_approval=require_approval,
            origin=origin,
            manifest=manifest,
            dry_run=dry_run,
            require_promotion=require_promotion,
            deprecate_missing=deprecate_missing,
        )
        report: ImportReport = self._send(partial(self._import, on_progress), requests, IMPORT)
        return report

    def list_versions(self, toolset: str | None = None) -> list[ToolVersions]:
        """Every version of every tool, or of one toolset's, and whether it may be called; ordered by name."""
        tools: list[ToolVersions] = []
        page_token = ""
        while True:
            page = self._send(self._catalog.ListVersions, partial(messages.list_versions, toolset, page_token), READ)
            tools += [convert.versions(one) for one in page.tools]
            if not (page_token := page.next_page_token):
                return tools

    def set_state(self, reference: str, state: VersionState, reason: str = "") -> list[VersionStatus]:
        """Promote (ACTIVE), deprecate, disable or retire the versions that the reference names. Answers those that moved."""
        request = messages.set_state(reference, state, reason)
        answer = self._send(self._catalog.SetVersionState, lambda: request, READ)
        return [convert.version_status(one) for one in answer.moved]

    def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        key: str | None = None,
        run_id: str | None = None,
        timeout: float | None = None,
        wait: float | None = None,
    ) -> Invocation:
        """Call a tool and wait for the end. See `Invocation.raise_for_outcome`: an answer is not yet a success.

        The same key, tool and arguments never act twice; without a key, a new one is made. `timeout` in seconds is the whole
        call's. After a NoAnswer or a GatewayUnavailable the call may be under way: send it again with the error's key.

        `wait` in seconds is how long to wait; 0: until it is accepted. A call that has not ended by then is returned as it
        stands, without an outcome, and goes on: see `wait`, `watch` and `get`.
        """
        key, waiting = key or new_key(), Waiting(timeout, wait, self._retry.clock)
        while True:
            request = partial(
                messages.invoke,
                tool,
                arguments,
                key=key,
                run_id=run_id or self._run_id,
                timeout=timeout,
                wait=waiting.seconds,
                recording=self._recording,
            )
            answer = self._send(self._invocations.Invoke, request, waiting.bounds, key=key)
            invocation = convert.invocation(answer.invocation)
            if invocation.outcome is not None or waiting.over:
                return invocation
            self._sleep(SOON)  # a gateway that answers early must not be asked without end

    def wait(self, invocation_id: str, *, timeout: float | None = None) -> Invocation:
        """Wait for the end of an invocation. Raises NoAnswer where that takes more than `timeout` seconds."""
        for _ in self.watch(invocation_id, timeout=timeout):
            pass
        return self.get(invocation_id)

    def get(self, invocation_id: str) -> Invocation:
        """An invocation as it stands."""
        answer = self._send(self._invocations.GetInvocation, partial(messages.get, invocation_id), READ)
        return convert.invocation(answer.invocation)

    def cancel(self, invocation_id: str) -> Invocation:
        """Ask for the end of an invocation. The answer is how it stands now."""
        answer = self._send(self._invocations.CancelInvocation, partial(messages.cancel, invocation_id), READ)
        return convert.invocation(answer.invocation)

    def watch(
        self, invocation_id: str, *, after: int = 0, until_settled: bool = False, timeout: float | None = None
    ) -> Iterator[Event]:
        """An invocation's events after that number, until it has ended or, if so asked, its clean-up is done too.

        Raises NoAnswer where that takes more than `timeout` seconds.
        """
        tries = self._retry.begin(of_watch(timeout))
        while True:
            request = messages.watch(invocation_id, after, until_settled)
            stream = self._invocations.WatchInvocation(request, timeout=tries.timeout, metadata=self._metadata)
            try:
                with translated():
                    for answer in stream:
                        tries.progressed()
                        after = answer.event.number
                        yield convert.event(answer.event)
            except CallgateError as error:
                pause = tries.pause_after(error)
            else:
                return
            finally:
                end_stream(stream)
            self._sleep(pause)

    def list_reviews(self) -> list[Review]:
        """What waits for a person of this tenant, oldest first, at most 100. Raises NotPermitted for who may not review."""
        answer = self._send(self._reviews.ListReviews, review_service_pb2.ListReviewsRequest, READ)
        return [review_messages.review(one) for one in answer.reviews]

    def get_review(self, invocation_id: str) -> Review:
        """The review of an invocation, open or decided."""
        request = partial(review_service_pb2.GetReviewRequest, id=invocation_id)
        return review_messages.review((self._send(self._reviews.GetReview, request, READ)).review)

    def resolve_review(self, invocation_id: str, decision: Decision, *, reason: str) -> Review:
        """Decide an open review; the reason goes into the audit log. Raises ReviewNotOpen where somebody has decided it."""
        request = partial(review_messages.resolve, invocation_id, decision, reason)
        return review_messages.review((self._send(self._reviews.ResolveReview, request, READ)).review)

    def export_recording(self, name: str) -> bytes:
        """A recording of this caller's as a file. Raises RecordingNotFound."""
        stream = self._recordings.ExportRecording(
            recording_service_pb2.ExportRecordingRequest(name=name), timeout=EXPORT.total, metadata=self._metadata
        )
        with translated():
            return recordings.dump([answer.entry for answer in stream])

    def import_recording(self, name: str, content: bytes) -> int:
        """Put a recording in, in place of this caller's of that name. The answer is how many calls it has."""
        requests = partial(recordings.import_requests, name, recordings.load(content))
        return int((self._send(self._recordings.ImportRecording, requests, IMPORT)).entries)

    def delete_recording(self, name: str) -> None:
        """Erase a recording, so that another one can be made. There need not be one."""
        self._send(self._recordings.DeleteRecording, partial(recording_service_pb2.DeleteRecordingRequest, name=name), READ)

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _import(self, on_progress: OnProgress | None, requests: Any, **options: Any) -> ImportReport:
        answers = ImportAnswers(on_progress)
        stream = self._catalog.ImportToolset(requests, **options)
        try:
            for message in stream:
                answers.take(message)
        finally:
            end_stream(stream)
        return answers.report()

    def _send(self, rpc: Any, request: Callable[[], Any], bounds: Bounds, *, key: str | None = None) -> Any:
        """Send one request, again where that is safe. `request` makes it anew each time: a stream can be read only once."""
        tries = self._retry.begin(bounds, key=key)
        while True:
            try:
                with translated():
                    return rpc(request(), timeout=tries.timeout, metadata=self._metadata)
            except CallgateError as error:
                pause = tries.pause_after(error)
            self._sleep(pause)
