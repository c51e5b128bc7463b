"""What is kept of streamed answers for those who watch: no more than a bound, and nothing once it is held no more."""

from gateway.pipeline.live_answers import OF_ANSWER, LiveAnswer, LiveAnswers, LiveCall
from sandbox.api.result import Head

SSE = Head(200, (("content-type", "text/event-stream"),))


def told(call: LiveCall) -> list[bytes]:
    """All that can be read of the last answer."""
    answer = call.answers[-1]
    while answer.read_on():
        pass
    return [event.data for event in answer.events]


async def test_events_are_read_as_they_are_asked_for_and_the_end_closes_the_last() -> None:
    live = LiveAnswers()
    with live.of("acme", "inv_1") as call:
        hear, lines = call.hear(1), Head(200, (("content-type", "application/x-ndjson"),))
        hear(lines, b"1\n2")
        assert told(call) == [b"1"]
        call.end(1)
        assert told(call) == [b"1", b"2"]
        assert call.answers[-1].over


async def test_only_a_success_that_is_a_stream_is_told_of() -> None:
    live = LiveAnswers()
    heads = (
        Head(503, SSE.headers),
        Head(200, (("content-type", "application/json"),)),
        Head(200, (("content-type", "text/event-stream; charset=iso-8859-1"),)),
        Head(200),
    )
    with live.of("acme", "inv_1") as call:
        for head in heads:
            call.hear(1)(head, b"data: 1\n\n")
        assert call.answers == []


async def test_who_waits_is_told_of_each_piece_and_of_the_end() -> None:
    live = LiveAnswers()
    with live.of("acme", "inv_1") as call:
        news = call.news
        call.hear(1)(SSE, b"data: 1\n\n")
        assert news.done()
        assert not (news := call.news).done()
        call.end(1)
        assert news.done()


async def test_each_attempt_has_an_answer_of_its_own() -> None:
    live = LiveAnswers()
    with live.of("acme", "inv_1") as call:
        call.hear(1)(SSE, b"data: 1\n\n")
        call.hear(2)(SSE, b"data: 2\n\n")
        assert [answer.attempt for answer in call.answers] == [1, 2]
        assert told(call) == [b"2"]


async def test_of_an_answer_that_is_too_large_the_rest_is_not_kept_and_it_is_not_called_whole() -> None:
    live = LiveAnswers()
    with live.of("acme", "inv_1") as call:
        hear = call.hear(1)
        hear(SSE, b"data: 1\n\n")
        hear(SSE, bytes(OF_ANSWER))
        hear(SSE, b"data: 2\n\n")
        call.end(1)
        assert told(call) == [b"1"]
        assert not call.answers[-1].over


async def test_a_tenant_has_so_much_room_and_takes_none_of_anothers() -> None:
    live, piece = LiveAnswers(most=1000), b"data: " + b"x" * 600 + b"\n\n"
    with live.of("acme", "inv_1") as first, live.of("acme", "inv_2") as second, live.of("globex", "inv_3") as other:
        for call in (first, second, other):
            call.hear(1)(SSE, piece)
        assert [len(told(call)) for call in (first, other)] == [1, 1]
        assert told(second) == []
    with live.of("acme", "inv_2") as again:
        again.hear(1)(SSE, piece)
        assert len(told(again)) == 1, "what is not held any more is given back"


async def test_what_an_event_takes_beside_its_data_counts() -> None:
    live = LiveAnswers(most=10_000)
    with live.of("acme", "inv_1") as call:
        call.hear(1)(SSE, b"data:\n\n" * 1000)
        call.end(1)
        assert told(call) == []
        assert not call.answers[-1].over


async def test_a_call_is_kept_while_a_watcher_holds_it() -> None:
    live = LiveAnswers()
    with live.of("acme", "inv_1") as watched:
        with live.of("acme", "inv_1") as made:
            made.hear(1)(SSE, b"data: 1\n\n")
        assert watched is made
        assert told(watched) == [b"1"]
    with live.of("acme", "inv_1") as anew:
        assert anew.answers == list[LiveAnswer]()
