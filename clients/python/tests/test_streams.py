"""Watching, paging and importing: what takes more than one message."""

from collections.abc import Generator

import pytest
from grpc import StatusCode

from callgate import Client, CredentialSource, ImportProgress, RetryPolicy, errors, tracing
from callgate.v1 import invocation_pb2
from clients.python.tests.conftest import Gateway, Pauses, Refusal


def test_a_watch_resumes_after_a_broken_connection_from_the_last_number(client: Client, gateway: Gateway) -> None:
    gateway.events_before_break = 3
    assert [event.number for event in client.invocations.handle("inv-1").watch(until_settled=True)] == [1, 2, 3, 4, 5]
    assert [(request.after, request.until_settled) for request in gateway.requests] == [(0, True), (3, True)]


def test_a_streamed_answer_goes_on_after_a_broken_connection_with_the_next_event(client: Client, gateway: Gateway) -> None:
    gateway.under_way, gateway.events_before_break = 1, 3
    assert [event.json() for event in client.stream("orders_get", key="k" * 16).events()] == [1, 2, 3, 4, 5]
    invoke, first, second, _ = gateway.requests
    assert (invoke.wait.ToSeconds(), invoke.idempotency_key) == (0, "k" * 16)
    assert [(one.answer_events, one.after, one.after_answer_attempt, one.after_answer_number) for one in (first, second)] == [
        (True, 0, 0, 0),
        (True, 3, 1, 3),
    ]


def test_a_streamed_answer_that_is_there_already_is_read_from_its_outcome(client: Client, gateway: Gateway) -> None:
    result = invocation_pb2.ToolResult(http_status=200, content_type="text/event-stream", body=b"data: 1\n\ndata: 2\n\n")
    gateway.outcome = invocation_pb2.Outcome(succeeded=invocation_pb2.Succeeded(result=result))
    stream = client.stream("orders_get")
    assert [event.json() for event in stream.events()] == [1, 2]
    assert len(gateway.requests) == 1


def test_a_stream_that_the_gateway_cannot_be_asked_for_any_more_says_which_call_goes_on(gateway: Gateway) -> None:
    gateway.under_way, gateway.settles = 1, False
    with Client(gateway.address, retry=RetryPolicy(patience=0)) as client:
        stream = client.stream("orders_get", key="k" * 16)
        gateway.script.extend([lambda: None, Refusal(StatusCode.UNAVAILABLE)])
        with pytest.raises(errors.GatewayUnavailable) as raised:
            list(stream)
    assert stream.invocation is not None
    assert (raised.value.idempotency_key, raised.value.invocation_id) == (stream.key, stream.invocation.id)


def test_a_watch_starts_after_the_number_given(client: Client) -> None:
    assert [event.number for event in client.invocations.handle("inv-1").watch(after=4)] == [5]


def test_a_watch_that_made_progress_has_its_patience_back(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    for _ in range(4):
        gateway.refuse(StatusCode.UNAVAILABLE)
    gateway.events_before_break = 2
    assert [event.number for event in client.invocations.handle("inv-1").watch()] == [1, 2, 3, 4, 5]
    assert pauses.taken == [0.1, 0.2, 0.4, 0.8, 0.1]


@pytest.mark.parametrize("installed", [True, False])
def test_a_watcher_that_loses_interest_ends_the_stream_with_and_without_tracing(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    monkeypatch.setattr(tracing, "INSTALLED", installed)
    gateway.events = 1_000_000
    with Client(gateway.address) as client:
        events = client.invocations.handle("inv-1").watch()
        assert next(events).number == 1
        assert isinstance(events, Generator)
        events.close()
        assert gateway.ended_streams.acquire(timeout=10)


def test_a_watch_with_a_timeout_ends_in_no_answer(gateway: Gateway) -> None:
    gateway.settles = False
    with Client(gateway.address) as client:
        events = client.invocations.handle("inv-1").watch(until_settled=True, timeout=0.5)
        assert [next(events).number for _ in range(5)] == [1, 2, 3, 4, 5]
        with pytest.raises(errors.NoAnswer):
            next(events)


def test_listing_reads_every_page(client: Client, gateway: Gateway) -> None:
    assert [tool.name for tool in client.tools.list("orders")] == ["tool_0", "tool_1", "tool_2", "tool_3"]
    assert [(request.toolset, request.page_token) for request in gateway.requests] == [("orders", ""), ("orders", "2")]


def test_a_tool_is_read_with_its_schema(client: Client) -> None:
    tool = client.tools.get("orders_get")
    assert tool.reference == "orders_get@1.0.0"
    assert tool.input_schema == {"type": "object"}
    assert tool.output_schema is None


def test_an_import_sends_the_header_and_then_chunks_that_fit_into_messages(client: Client, gateway: Gateway) -> None:
    document = bytes(range(256)) * 4096 * 5  # 5 MiB: more than one message may hold
    source = CredentialSource("bearer", "secret/data/orders", "token")
    report = client.toolsets.import_openapi(
        document, "orders", server="https://api.example", credentials=[source], require_approval=["pay_*"]
    )
    header, *chunks = gateway.requests[0]
    assert (header.header.toolset, header.header.server) == ("orders", "https://api.example")
    assert header.header.credentials[0].path == "secret/data/orders"
    assert list(header.header.require_approval) == ["pay_*"]
    assert max(len(part.chunk) for part in chunks) <= 256 << 10
    assert b"".join(part.chunk for part in chunks) == document
    assert (report.added, report.unchanged, len(report.tools)) == (1, 0, 1)


def test_an_import_tells_its_progress_to_a_caller_that_wants_to_know(client: Client) -> None:
    told: list[ImportProgress] = []
    report = client.toolsets.import_openapi(b"{}", "orders", on_progress=told.append)
    assert told == [ImportProgress(done, 5, 1) for done in (0, 3, 5)]
    assert report.added == 1


def test_an_import_whose_listener_fails_is_ended(client: Client, gateway: Gateway) -> None:
    gateway.settles = False

    def fail(_: ImportProgress) -> None:
        raise KeyError("the listener's own")

    with pytest.raises(KeyError):
        client.toolsets.import_openapi(b"{}", "orders", on_progress=fail)
    assert gateway.ended_streams.acquire(timeout=10)


def test_an_import_without_a_report_is_no_success(client: Client, gateway: Gateway) -> None:
    gateway.reports = False
    with pytest.raises(errors.GatewayDefect, match="without a report"):
        client.toolsets.import_openapi(b"{}", "orders")


def test_a_broken_import_is_sent_again_whole(client: Client, gateway: Gateway) -> None:
    gateway.refuse(StatusCode.UNAVAILABLE)
    client.toolsets.import_openapi(b"{}" * 300_000, "orders")
    first, second = gateway.requests
    assert len(first) == len(second) == 4
