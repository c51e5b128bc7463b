"""The boxes that exist, each in a slot of its own, from before a box is made until it is confirmed gone."""

import asyncio
from collections import deque

from sandbox.api.spec import BoxSpec
from sandbox.box.box import SocketBox
from sandbox.pool.box_factory import BoxFactory, new_name


class BoxSlots:
    """`count` bounds the boxes that exist at one time, those that are being made or removed among them."""

    def __init__(self, factory: BoxFactory, count: int) -> None:
        self._factory = factory
        self._free = deque(range(count))
        self._removed: dict[str, asyncio.Event] = {}
        self._leaving: set[SocketBox] = set()

    def __len__(self) -> int:
        return len(self._removed)

    @property
    def has_free(self) -> bool:
        return bool(self._free)

    @property
    def full(self) -> bool:
        """Whether every slot is taken, and none is about to be free."""
        return not (self._free or self._leaving)

    @property
    def leaving(self) -> int:
        """How many boxes have been given up and are not gone yet."""
        return len(self._leaving)

    def removed(self, name: str) -> asyncio.Event | None:
        """An event that is set once the box is confirmed gone. None for a box that is not this pool's, or is gone already."""
        return self._removed.get(name)

    def enter(self, spec: BoxSpec) -> SocketBox:
        """A box that does not exist yet, in a free slot. It must `leave`, whatever becomes of it."""
        box = self._factory.design(new_name(), self._free.popleft(), spec)
        self._removed[box.name] = asyncio.Event()
        return box

    def give_up(self, box: SocketBox) -> bool:
        """Mark the box as leaving. Returns whether that is new: a box leaves once."""
        is_new = box.name in self._removed and box not in self._leaving
        if is_new:
            self._leaving.add(box)
        return is_new

    def leave(self, box: SocketBox) -> None:
        """The box is confirmed gone, or was never made. Its slot is free."""
        self._leaving.discard(box)
        self._removed.pop(box.name).set()
        self._free.append(box.design.slot)
