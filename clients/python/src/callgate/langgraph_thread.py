"""A thread of LangGraph's as a run keeps it: its checkpoints, the values of their channels, and the writes of tasks.

A thread is never changed: each change makes another one, which shares what is the same. So a change whose save is refused
leaves nothing behind. A channel's value is kept once for each of its versions, whichever checkpoints have it; and what is the
same in several values, such as the messages of a list that has grown by one, is kept once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

#: A value as LangGraph's serializer writes it: of what type, and its bytes.
Typed = tuple[str, bytes]
#: A whole value; or the members of a list, one by one.
Value = Typed | list[Typed]
Version = str | int | float
#: A namespace and an id: what names a checkpoint within its thread.
Name = tuple[str, str]

#: Stands between a subgraph's node and the id of the task, where the subgraph has a namespace for each task.
_OF_A_TASK = ":"


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint. `parents`: those of the graphs around its own, by their namespaces. `deltas`: the channels that are put
    together of writes, back to the nearest checkpoint that has their value."""

    checkpoint: Typed
    metadata: Typed
    parent: str | None
    versions: Mapping[str, Version]
    parents: Mapping[str, str]
    deltas: Sequence[str]


@dataclass(frozen=True, slots=True)
class Write:
    """A write of a task, of this number among its writes. Special ones have negative numbers."""

    task: str
    number: int
    path: str
    channel: str
    value: Value


@dataclass(frozen=True, slots=True)
class Thread:
    """`namespaces`: of each its checkpoints by their ids, which grow with time. `values`: by namespace, channel and version."""

    namespaces: Mapping[str, Mapping[str, Kept]] = field(default_factory=dict)
    values: Mapping[tuple[str, str, Version], Value] = field(default_factory=dict)
    writes: Mapping[Name, Sequence[Write]] = field(default_factory=dict)

    def find(self, namespace: str, id: str | None) -> tuple[str, Kept] | None:
        """The checkpoint of this id, or the newest; None where there is none."""
        there = self.namespaces.get(namespace, {})
        name = id or max(there, default="")
        return (name, there[name]) if name in there else None

    def written(self, namespace: str, id: str) -> list[Write]:
        """The writes that wait for the step after a checkpoint, in the order in which they take effect."""
        return sorted(self.writes.get((namespace, id), ()), key=lambda one: (one.path, one.task, one.number))

    def with_checkpoint(self, name: Name, kept: Kept, values: Mapping[str, Value]) -> Self:
        """`values`: of the channels that have changed."""
        namespace, id = name
        there = {**self.namespaces.get(namespace, {}), id: kept}
        more = {(namespace, channel, kept.versions[channel]): value for channel, value in values.items()}
        return replace(self, namespaces={**self.namespaces, namespace: there}, values={**self.values, **more})

    def with_writes(self, name: Name, writes: Sequence[Write]) -> Self:
        """A task that is run again has the same writes: those that are there stay, but for special ones."""
        there = {(one.task, one.number): one for one in self.writes.get(name, ())}
        more = {(one.task, one.number): one for one in writes if one.number < 0 or (one.task, one.number) not in there}
        return replace(self, writes={**self.writes, name: list({**there, **more}.values())}) if more else self

    def trimmed(self, keep: int) -> Self:
        """With the newest checkpoints of each namespace, as many as `keep`, what these need, and nothing else."""
        kept = {namespace: self._newest(namespace, keep) for namespace in self.namespaces}
        root = kept.get("")
        if root is not None:
            kept = {name: there for name, there in kept.items() if _lives(name, there, root)}
        used = {(name, *version) for name, there in kept.items() for one in there.values() for version in one.versions.items()}
        return replace(
            self,
            namespaces=kept,
            values={name: value for name, value in self.values.items() if name in used},
            writes={name: writes for name, writes in self.writes.items() if _waits(name, kept)},
        )

    def plain(self) -> list[Any]:
        """Of lists, texts, numbers and bytes. The inverse of `read`."""
        parts = _Parts()
        checkpoints = [
            [name, id, *map(parts.add, (one.checkpoint, one.metadata)), one.parent, *_plain(one)]
            for name, there in self.namespaces.items()
            for id, one in there.items()
        ]
        values = [[*name, parts.add(value)] for name, value in self.values.items()]
        writes = [
            [*name, one.task, one.number, one.path, one.channel, parts.add(one.value)]
            for name, writes in self.writes.items()
            for one in writes
        ]
        return [parts.plain, checkpoints, values, writes]

    @classmethod
    def read(cls, plain: Sequence[Any]) -> Self:
        parts, checkpoints, values, written = plain
        known = [(kind, body) for kind, body in parts]

        def value(at: int | list[int]) -> Any:
            return [known[one] for one in at] if isinstance(at, list) else known[at]

        namespaces: dict[str, dict[str, Kept]] = {}
        for name, id, body, metadata, *rest in checkpoints:
            namespaces.setdefault(name, {})[id] = Kept(known[body], known[metadata], *rest)
        writes: dict[Name, list[Write]] = {}
        for name, id, task, number, path, channel, at in written:
            writes.setdefault((name, id), []).append(Write(task, number, path, channel, value(at)))
        return cls(namespaces, {(name, channel, version): value(at) for name, channel, version, at in values}, writes)

    def _newest(self, namespace: str, keep: int) -> dict[str, Kept]:
        there = self.namespaces[namespace]
        wanted = set(sorted(there, reverse=True)[:keep])
        for id in list(wanted):
            wanted.update(self._needed(namespace, id))
        return {id: one for id, one in there.items() if id in wanted}

    def _needed(self, namespace: str, id: str) -> list[str]:
        """The checkpoints before it without which a channel could not be put together."""
        needed: list[str] = []
        there = self.namespaces[namespace]
        missing, at = there[id].deltas, there.get(id)
        while missing and at is not None:
            missing = [one for one in missing if not self._has(namespace, at, one)]
            before = at.parent if missing else None
            needed += [before] if before else []
            at = there.get(before or "")
        return needed

    def _has(self, namespace: str, kept: Kept, channel: str) -> bool:
        return channel in kept.versions and (namespace, channel, kept.versions[channel]) in self.values


def _plain(kept: Kept) -> tuple[Any, ...]:
    return dict(kept.versions), dict(kept.parents), list(kept.deltas)


class _Parts:
    """What values consist of, each but once. A value is then the number of its part, or those of its members."""

    def __init__(self) -> None:
        self._numbers: dict[Typed, int] = {}

    @property
    def plain(self) -> list[list[Any]]:
        return [list(one) for one in self._numbers]

    def add(self, value: Value) -> int | list[int]:
        if isinstance(value, list):
            return [self._number(one) for one in value]
        return self._number(value)

    def _number(self, part: Typed) -> int:
        return self._numbers.setdefault(part, len(self._numbers))


def _lives(namespace: str, there: Mapping[str, Kept], root: Mapping[str, Kept]) -> bool:
    """Whether a graph that has this namespace can go on: that of one task is over with the step that it was in."""
    if _OF_A_TASK not in namespace:
        return True
    around = there[max(there)].parents.get("")
    return around is None or around in root


def _waits(name: Name, kept: Mapping[str, Mapping[str, Kept]]) -> bool:
    """Whether the checkpoint of these writes is kept, or will be: writes may come before their checkpoint."""
    namespace, id = name
    there = kept.get(namespace)
    return there is None or id in there or id > max(there, default="")
