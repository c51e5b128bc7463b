"""An answer that is too large to be shown → as much of it as there is room for: JSON is cut between two of its values, a text
between two of its lines."""

from typing import Any, NamedTuple

from registry.model.exact_json import write_exact

#: What an array or object takes by itself.
_BRACKETS = 2
_MORE = object()


class Shortened(NamedTuple):
    """`left_out` counts items of arrays and members of objects that are not there, each with all that is in it."""

    body: bytes
    left_out: int


class _Cut:
    """Counts what it leaves out."""

    def __init__(self) -> None:
        self.left_out = 0

    def value(self, value: Any, room: int) -> Any:
        """The value, or a part of it whose JSON has at most so many bytes; `_MORE` where there is none that says anything."""
        if _size(value) <= room:
            return value
        if room <= _BRACKETS or not isinstance(value, str | list | dict):
            return _MORE
        if isinstance(value, str):
            return _beginning(value, room)
        return self._items(value, room) if isinstance(value, list) else self._members(value, room)

    def _items(self, items: list[Any], room: int) -> list[Any]:
        """As many from the first on as there is room for. Where that is none, a part of the first."""
        kept: list[Any] = []
        room -= _BRACKETS
        for item in items:
            size = _size(item) + 1
            if size > room:
                break
            kept.append(item)
            room -= size
        if not kept and (part := self.value(items[0], room)) is not _MORE:
            kept.append(part)
        self.left_out += len(items) - len(kept)
        return kept

    def _members(self, members: dict[str, Any], room: int) -> dict[str, Any]:
        """The small ones first: beside a long list, they say what it is and how it goes on. All stay in their order."""
        sizes = {name: _size(name) + _size(value) + 2 for name, value in members.items()}
        kept: dict[str, Any] = {}
        room -= _BRACKETS
        for name in sorted(sizes, key=lambda name: sizes[name]):
            if sizes[name] <= room:
                kept[name], used = members[name], sizes[name]
            elif (part := self.value(members[name], room - _size(name) - 2)) is not _MORE:
                kept[name], used = part, _size(name) + _size(part) + 2
            else:
                break
            room -= used
        self.left_out += len(members) - len(kept)
        return {name: kept[name] for name in members if name in kept}


def shorten_json(value: Any, most: int) -> Shortened:
    """A part of a JSON value, of at most so many bytes. It takes time with the value's size and depth."""
    cut = _Cut()
    part = cut.value(value, most)
    return Shortened(write_exact(None if part is _MORE else part), cut.left_out)


def shorten_text(body: bytes, most: int) -> bytes:
    """The beginning of a text in UTF-8, up to the end of a line where there is one; nothing of what is no text."""
    if len(body) <= most:
        return body
    try:
        beginning = body[:most].decode("utf-8", "ignore").encode()
        body.decode()
    except UnicodeDecodeError:
        return b""
    end = beginning.rfind(b"\n") + 1
    return beginning[:end] if end else beginning


def _size(value: Any) -> int:
    return len(write_exact(value))


def _beginning(text: str, room: int) -> str:
    """Characters of a text whose JSON has at most so many bytes: an escape makes six of one."""
    kept = text[: room - _BRACKETS]
    while _size(kept) > room:
        kept = kept[: max(0, len(kept) * room // _size(kept) - 1)]
    return kept
