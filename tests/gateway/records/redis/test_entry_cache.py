"""Catalog entries that were read a moment ago."""

from gateway.records.redis.entry_cache import KEPT_FOR, MOST, EntryCache
from registry.catalog.tool_entry import ToolEntry


def test_an_entry_is_kept_for_half_a_second_from_when_it_was_last_read() -> None:
    now = [1000.0]
    recent: EntryCache[str, ToolEntry] = EntryCache(lambda: now[0])
    recent.keep("a", ToolEntry("a", "things", ()))
    now[0] += KEPT_FOR / 2
    assert recent.get("a") == ToolEntry("a", "things", ())
    recent.keep("a", ToolEntry("a", "others", ()))
    now[0] += KEPT_FOR * 0.75
    assert recent.get("a") == ToolEntry("a", "others", ())
    now[0] += KEPT_FOR * 0.25
    assert recent.get("a") is None


def test_what_is_forgotten_or_was_never_read_is_not_known() -> None:
    recent: EntryCache[str, ToolEntry] = EntryCache()
    recent.keep("a", ToolEntry("a", "things", ()))
    recent.forget(["a", "b"])
    assert recent.get("a") is None
    assert recent.get("b") is None


def test_the_oldest_make_room_for_the_newest() -> None:
    recent: EntryCache[str, ToolEntry] = EntryCache(lambda: 0.0)
    for number in range(MOST + 1):
        recent.keep(str(number), ToolEntry(str(number), "things", ()))
    assert recent.get("0") is None
    assert recent.get("1") is not None
    assert recent.get(str(MOST)) is not None
