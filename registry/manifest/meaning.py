"""Which operations of a document the words of a manifest mean.

A word means what it meant when the operator last spoke: an operation that is a tool already is matched by what it was called
then, not by what the document calls it now. Only an operation that is new is matched by the document's own words, and one that
is known only by a word that has never meant another: then the operator has written the new name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from registry.manifest.manifest import DEFAULTS, Manifest, entry_place, group_place
from registry.manifest.words import Word, words_of
from registry.model.errors import ManifestInvalid
from registry.model.operation_key import OperationKey, unnamed
from registry.model.tool import JsonObject

_MERGED = frozenset(("limits", "retry", "headers", "arguments"))
#: What one operation takes from another that it may be mistaken for: settings that can only forbid.
_STRICT = (("requires_approval", True), ("effect", "NON_IDEMPOTENT"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operation of the document: what the document calls it, and what it was called when it became a tool.

    `twins`: of one that is new, the other operations that the upstream may take for it.
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
        self._places = {one.meant.identity: place for place, one in reversed(list(enumerate(self.candidates)))}

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
        borrowed = (self._said_of(key) for key in self.likened(place))
        strict = {name: value for settings in borrowed for name, value in _STRICT if settings.get(name) == value}
        return merged((*self._general(place), strict, *(self._manifest.operations[name] for name in entries)))

    def layers(self, place: int) -> Iterator[tuple[str, JsonObject]]:
        """All settings that are for the operation, the widest first, each with the JSON Pointer of its place."""
        yield DEFAULTS, self._manifest.defaults
        groups = enumerate(self._manifest.groups)
        yield from ((group_place(index), group.settings) for index, group in groups if self._any(group.match, place))
        yield from ((entry_place(name), self._manifest.operations[name]) for name in self._entries.get(place, ()))

    def entry_of(self, place: int) -> str:
        """The word of the operation's own entry; empty where it has none."""
        return next(iter(self._entries.get(place, ())), "")

    def remembered(self, place: int) -> OperationKey:
        """What is to be remembered of an operation: what it was called before, and the names that the operator uses now."""
        key, known = self.candidates[place].key, self.candidates[place].known
        if known is None:
            denied = tuple(self._namesakes.get(place, ()))
            return replace(key, denied=denied, likened=tuple(one.identity for one in self.likened(place)))
        ids, tags = known.ids, known.tags
        if place in self._learnt:
            ids, tags = (tuple(dict.fromkeys(pair)) for pair in ((*ids, *key.ids), (*tags, *key.tags)))
        return replace(key, ids=ids, name=known.name, tags=tags, likened=known.likened, denied=known.denied)

    def likened(self, place: int) -> tuple[OperationKey, ...]:
        """The operations for which this one might have been taken when it was new: by the upstream, or for its name."""
        candidate = self.candidates[place]
        if (known := candidate.known) is not None:
            here = [self._places[identity] for identity in known.likened if identity in self._places]
            gone = [key for key in self.gone if key.identity in known.likened] if known.likened else []
            return (*(self.candidates[one].meant for one in here), *gone)
        meant = (one for name in self._namesakes.get(place, ()) for one in sorted(self._senses[True, name].means))
        return tuple(dict.fromkeys((*candidate.twins, *(self.candidates[one].meant for one in meant))))

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
            if twin in self._tools:
                yield f"the upstream may take it for {twin.route}, which is the tool {twin.name!r}"

    def senses(self) -> Iterator[tuple[Word, Sense]]:
        """Each word of the manifest, where it stands, and what it means."""
        for word in words_of(self._manifest):
            yield word, self._senses[word.exact, word.text]

    @cached_property
    def _learnt(self) -> frozenset[int]:
        return frozenset[int]().union(*(sense.learnt for sense in self._senses.values()))

    @cached_property
    def _tools(self) -> frozenset[OperationKey]:
        return frozenset(one.known for one in self.candidates if one.known) | frozenset(self.gone)

    def _any(self, patterns: Sequence[str], place: int) -> bool:
        return any(place in self._senses[False, pattern].means for pattern in patterns)

    def _general(self, place: int) -> Iterator[JsonObject]:
        yield self._manifest.defaults
        yield from (group.settings for group in self._manifest.groups if self._any(group.match, place))

    def _said_of(self, key: OperationKey) -> JsonObject:
        """What the manifest itself says of an operation, which need not be in the document any more."""
        if (place := self._places.get(key.identity)) is not None:
            return merged((*self._general(place), *(self._manifest.operations[name] for name in self._entries.get(place, ()))))
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
        self._changed = [place for place, one in enumerate(candidates) if one.renamed or one.key.path != one.meant.path]

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
        called = {place for place in self._changed if self._candidates[place].key.matches(pattern)}
        return meant, called, any(key.matches(pattern) for key in self._gone)


def _named(keys: Iterable[tuple[int, OperationKey]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, key in keys:
        for name in key.calls:
            found.setdefault(name, []).append(place)
    return found


def _by_place(words: Mapping[str, frozenset[int]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for word, places in words.items():
        for place in places:
            found.setdefault(place, []).append(word)
    return found


def merged(layers: Iterable[JsonObject]) -> JsonObject:
    """Later layers win; limits, retry, headers and arguments keep what a later one does not name."""
    settings: JsonObject = {}
    for layer in layers:
        for name, value in layer.items():
            settings[name] = _beside(name, settings.get(name, {}), value) | value if name in _MERGED else value
    return settings


def _beside(setting: str, before: JsonObject, value: JsonObject) -> JsonObject:
    """What a wider layer says that this one says nothing of. Names of headers are the same in any case."""
    named = {name.lower() for name in value} if setting == "headers" else frozenset[str]()
    return {name: said for name, said in before.items() if name.lower() not in named}
