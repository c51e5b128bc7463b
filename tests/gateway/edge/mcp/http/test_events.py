"""What a cut stream goes on from is bounded, and one session's alone."""

import pytest

from gateway.edge.mcp.http import events
from gateway.edge.mcp.http.events import EventRoom, SessionEvents


def test_a_stream_goes_on_after_the_event_that_was_seen() -> None:
    kept = SessionEvents(EventRoom())
    first = kept.keep("1", None)
    for stream, content in (("1", b"a"), ("2", b"b"), ("1", b"c")):
        kept.keep(stream, content)
    found = kept.after(first)
    assert found is not None
    assert (found[0], [event.content for event in found[1]]) == ("1", [b"a", b"c"])


@pytest.mark.parametrize("id", ["0", "7", "-1", "x", "", "9" * 40, "\u0661", "1 "])
def test_an_event_that_is_not_known_is_nothing_to_go_on_from(id: str) -> None:
    kept = SessionEvents(EventRoom())
    kept.keep("1", b"a")
    assert kept.after(id) is None


def test_the_oldest_are_forgotten_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST", 3)
    kept = SessionEvents(EventRoom())
    ids = [kept.keep("1", b"a") for _ in range(5)]
    assert [kept.after(id) is not None for id in ids] == [False, False, True, True, True]


def test_the_oldest_are_forgotten_where_they_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BYTES", 10)
    kept = SessionEvents(room := EventRoom())
    ids = [kept.keep("1", b"x" * 4) for _ in range(3)]
    assert [kept.after(id) is not None for id in ids] == [False, True, True]
    assert kept.after(kept.keep("1", b"x" * 11)) is None, "larger than all that is kept"
    assert room.taken == 0


def test_all_sessions_share_a_room_and_each_gives_up_its_own() -> None:
    room = EventRoom(most=10)
    one, other = SessionEvents(room), SessionEvents(room)
    first = one.keep("1", b"x" * 8)
    second = other.keep("1", b"x" * 8)
    assert one.after(first) is not None
    assert other.after(second) is None
    one.forget()
    assert room.taken == 0
    assert other.after(other.keep("1", b"x" * 8)) is not None
