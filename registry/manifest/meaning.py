"""Which operations of a document the words of a manifest mean.

A word means what it meant when the operator last spoke: an operation that is a tool already is matched by what it was called
then, not by what the document calls it now. Only an operation that is new is matched by the document's own words, and one that
is known only by a word that has never meant another: then the operator has written the new name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from registry.manifest.manifest import Manifest
from registry.manifest.words import Word, words_of
from registry.model.errors import ManifestInvalid
from registry.model.operation_key import OperationKey, unnamed
from registry.model.tool import JsonObject

_MERGED = frozenset(("limits", "retry"))
#: What one operation takes from another that it may be mistaken for: settings that can only forbid.
_STRICT = (("requires_approval", True), ("effect", "NON_IDEMPOTENT"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operation of the document: what the document calls it, and what it was called when it became a tool.

    `twins` are other operations that the upstream may take for this one.
    """

    key: OperationKey
    known: OperationKey | None = None
    twins: tuple[OperationKey, ...] = ()

    @property
    def meant(self) -> OperationKey:
        return self.known or self.key

    @property
    def renamed(self) -> OperationKey | None:
        """What the document alone calls an operation to which it gives another name or other tags than are remembered."""
        key, known = self.key, self.known
        if known is None or (key.tags == known.tags and {*key.ids} <= {*known.ids}):
            return None
        return replace(key, name="")


@dataclass(frozen=True, slots=True)
class Sense:
    """The operations, by their places, that one word means. `learnt`: those of them that it names by a new name.

    `namesakes` bear the word as their name in the document, and are not meant by it.
    """

    means: frozenset[int]
    learnt: frozenset[int] = frozenset()
    namesakes: frozenset[int] = frozenset()
    lost: bool = False


class Meaning:
    """A manifest over the operations of one document. `gone` are operations that were tools, and are no longer there."""

    def __init__(self, manifest: Manifest, candidates: Sequence[Candidate], gone: Sequence[OperationKey] = ()) -> None:
        self.candidates = tuple(candidates)
        self.gone = tuple(gone)
        self._manifest = manifest
        self._read = _Reading(self.candidates, self.gone)
        self._senses = {(word.exact, word.text): self._read.sense_of(word) for word in words_of(manifest)}
        self._entries = _by_place({name: self._senses[True, name].means for name in manifest.operations})
        self._namesakes = _by_place({name: self._senses[True, name].namesakes for name in manifest.operations})

    def selects(self, place: int) -> bool:
        include, exclude = self._manifest.include, self._manifest.exclude
        return (include is None or self._any(include, place)) and not self._any(exclude, place)

    def settings_for(self, place: int) -> JsonObject:
        """Defaults, then groups in their order, then the operation's own entry. Raises ManifestInvalid where it has two.

        What guards an operation that this one may be mistaken for guards this one too, unless its own entry says otherwise.
        """
        entries = self._entries.get(place, [])
        if len(entries) > 1:
            raise ManifestInvalid(f"the entries {entries[0]!r} and {entries[1]!r} mean the same operation", cure="Keep one.")
        groups = (group.settings for group in self._manifest.groups if self._any(group.match, place))
        own = (self._manifest.operations[name] for name in entries)
        return merged((self._manifest.defaults, *groups, dict(self._borrowed(place)), *own))

    def remembered(self, place: int) -> OperationKey:
        """What is to be remembered of an operation: what it was called before, and the names that the operator uses now."""
        candidate = self.candidates[place]
        if candidate.known is None:
            return candidate.key
        key, known = candidate.key, candidate.known
        if place not in self._learnt:
            return replace(key, ids=known.ids, name=known.name, tags=known.tags)
        ids, tags = (tuple(dict.fromkeys(pair)) for pair in ((*known.ids, *key.ids), (*known.tags, *key.tags)))
        return replace(key, ids=ids, name=known.name, tags=tags)

    def doubts(self, place: int) -> Iterator[str]:
        """Why an operator must look at an operation that is new, whatever else holds."""
        candidate = self.candidates[place]
        if candidate.known is not None:
            return
        for name in self._namesakes.get(place, ()):
            meant = ", ".join(self.candidates[one].key.route for one in sorted(self._senses[True, name].means))
            yield f"the document calls it {name!r}, by which the manifest means {meant}"
        for name in self._entries.get(place, ()):
            if self._senses[True, name].lost:
                yield f"{name!r} in the manifest meant another operation, which is gone"
        for twin in candidate.twins:
            yield f"the upstream may take it for {twin.route}, which is the tool {twin.name!r}"

    def senses(self) -> Iterator[tuple[Word, Sense]]:
        """Each word of the manifest, where it stands, and what it means."""
        for word in words_of(self._manifest):
            yield word, self._senses[word.exact, word.text]

    @cached_property
    def _learnt(self) -> frozenset[int]:
        return frozenset[int]().union(*(sense.learnt for sense in self._senses.values()))

    def _any(self, patterns: Sequence[str], place: int) -> bool:
        return any(place in self._senses[False, pattern].means for pattern in patterns)

    def _borrowed(self, place: int) -> Iterator[tuple[str, object]]:
        """What guards those that the upstream or the operator may mistake this operation for."""
        lenders = [self._said_of(twin) for twin in self.candidates[place].twins]
        if self.candidates[place].known is None:
            lenders += [self._manifest.operations[name] for name in self._namesakes.get(place, ())]
        for settings in lenders:
            yield from ((name, value) for name, value in _STRICT if settings.get(name) == value)

    def _said_of(self, key: OperationKey) -> JsonObject:
        """The settings of an operation that need not be in the document any more."""
        groups = (group.settings for group in self._manifest.groups if any(key.matches(one) for one in group.match))
        entries = (settings for name, settings in self._manifest.operations.items() if key.is_called(name))
        return merged((self._manifest.defaults, *groups, *entries))


class _Reading:
    """Finds which operations a word means. Exact words are looked up: a manifest may have as many as the document."""

    def __init__(self, candidates: tuple[Candidate, ...], gone: tuple[OperationKey, ...]) -> None:
        self._candidates = candidates
        self._gone = gone
        self._meant = _named((place, one.meant) for place, one in enumerate(candidates))
        self._called = _named((place, one.key) for place, one in enumerate(candidates))
        self._lost = _named(enumerate(gone))

    def sense_of(self, word: Word) -> Sense:
        meant, called, lost = self._exactly(word.text) if word.exact else self._matching(word.text)
        bound = {place for place in meant if self._candidates[place].known is not None}
        new, renamed = meant - bound, called - meant
        if bound and word.exact:
            return Sense(frozenset(bound), namesakes=frozenset(new | renamed), lost=lost)
        if bound or lost:
            return Sense(frozenset(meant), namesakes=frozenset(renamed), lost=lost)
        return Sense(frozenset(new | renamed), learnt=frozenset(renamed))

    def _exactly(self, name: str) -> tuple[set[int], set[int], bool]:
        words = {name, unnamed(name)}
        meant, called, lost = ({place for word in words for place in index.get(word, ())} for index in self._indexes)
        return meant, called, bool(lost)

    @property
    def _indexes(self) -> tuple[dict[str, list[int]], ...]:
        return self._meant, self._called, self._lost

    def _matching(self, pattern: str) -> tuple[set[int], set[int], bool]:
        meant = {place for place, one in enumerate(self._candidates) if one.meant.matches(pattern)}
        called = {place for place, one in enumerate(self._candidates) if one.known is not None and one.key.matches(pattern)}
        return meant, called, any(key.matches(pattern) for key in self._gone)


def _named(keys: Iterable[tuple[int, OperationKey]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, key in keys:
        for name in {*key.ids, key.name, key.identity}:
            found.setdefault(name, []).append(place)
    return found


def _by_place(words: Mapping[str, frozenset[int]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for word, places in words.items():
        for place in places:
            found.setdefault(place, []).append(word)
    return found


def merged(layers: Iterable[JsonObject]) -> JsonObject:
    """Later layers win; limits and retry keep what a later one does not name."""
    settings: JsonObject = {}
    for layer in layers:
        for name, value in layer.items():
            settings[name] = settings.get(name, {}) | value if name in _MERGED else value
    return settings
