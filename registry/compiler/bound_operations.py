"""The operations of a document, bound to the tools that perform them already and to what the manifest says of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from registry.compiler.naming import name_all, prefixed
from registry.compiler.operations import OperationSite, key_of, text
from registry.compiler.recognition import Recognised, recognise
from registry.manifest.meaning import Meaning
from registry.manifest.toolset import ToolsetHeader
from registry.manifest.word_faults import WordFaults, faults_of_approval, word_faults
from registry.model.operation_key import Binding, OperationKey
from registry.model.tool import JsonObject


@dataclass(frozen=True, slots=True)
class BoundOperations:
    """Operations by their places in the document. `keys` have the names of their tools, before the manifest renames them."""

    keys: Sequence[OperationKey]
    meaning: Meaning
    _recognised: Recognised
    _require_approval: tuple[str, ...]
    _prefix: str

    def tool_name(self, place: int) -> str:
        """The tool's name, unless an entry of the manifest gives another."""
        key = self.keys[place]
        return prefixed(self._prefix, key.name, (key.method, key.path))

    def binding(self, place: int, settings: JsonObject) -> Binding:
        key = self.keys[place]
        known = self._recognised.known.get((key.method, key.path))
        doubts, entry = tuple(self.meaning.doubts(place)), self.meaning.entry_of(place)
        return Binding(self.meaning.remembered(place), known.tool if known else "", doubts, entry, tuple(settings))

    def requires_approval(self, place: int, settings: JsonObject) -> bool:
        """Whether the operator's options ask for it, by any name of the tool or of one that it may be mistaken for."""
        names = {
            self.keys[place].name,
            self.tool_name(place),
            settings.get("name", ""),
            *(one.name for one in self.meaning.likened(place)),
        }
        return any(fnmatchcase(name, pattern) for name in names for pattern in self._require_approval)

    def word_faults(self) -> WordFaults:
        of_words = word_faults(self.meaning)
        gone = (name for one in self._recognised.gone for name in (one.tool, one.key.name))
        of_approval = faults_of_approval(self._require_approval, self._tool_names(), gone)
        return WordFaults(of_words.lost + of_approval.lost, of_words.told + of_approval.told)

    def _tool_names(self) -> Iterator[str]:
        for place, key in enumerate(self.keys if self._require_approval else ()):
            yield key.name
            yield self.tool_name(place)
            if name := self.meaning.settings_for(place).get("name"):
                yield name


def bind_operations(
    sites: Sequence[OperationSite], header: ToolsetHeader, server_of: Callable[[OperationSite], str]
) -> BoundOperations:
    recognised = recognise((site.route for site in sites), header.remembered)
    known = {route: one.key.name for route, one in recognised.known.items()}
    names = name_all({site.route: text(site.operation.get("operationId")) for site in sites}, known)
    keys = [key_of(site, names[site.route], server_of(site)) for site in sites]
    gone = [one.key for one in recognised.gone]
    meaning = Meaning(header.manifest, recognised.candidates(keys), gone)
    return BoundOperations(keys, meaning, recognised, header.require_approval, header.manifest.prefix)
