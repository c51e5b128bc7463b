"""Whether the arguments that a manifest gives are there: one that no operation has may be misspelt, and then the model would
choose what the operator has chosen."""

from collections.abc import Iterator
from difflib import get_close_matches

from registry.manifest.fillings import argument_names
from registry.manifest.manifest import Manifest
from registry.manifest.meaning import Meaning
from registry.model.import_fault import ImportFault
from registry.model.json_pointer import escape
from registry.model.tool import Operation


class FilledArguments:
    """Told of each operation that is compiled. A setting of no operation is not spoken of: its word is a fault itself."""

    def __init__(self, manifest: Manifest, meaning: Meaning) -> None:
        self._meaning = meaning
        said = ((place, settings.get("arguments", {})) for place, settings in manifest.places())
        self._missing = {(place, name) for place, names in said for name, value in names.items() if value is not None}
        self._reached = set[str]()
        self._known = dict[str, None]()

    def see(self, place: int, operation: Operation | None) -> None:
        """`operation` is None where it has become no tool: then it may have any argument."""
        if not self._missing:
            return
        names = None if operation is None else argument_names(operation)
        self._known |= dict.fromkeys(names or ())
        for layer, settings in self._meaning.layers(place):
            self._reached.add(layer)
            for name in settings.get("arguments", {}):
                if names is None or name in names:
                    self._missing.discard((layer, name))

    def faults(self) -> Iterator[ImportFault]:
        for layer, name in sorted(self._missing):
            if layer in self._reached:
                alike = get_close_matches(name, self._known, n=1)
                cure = f"Did you mean {alike[0]!r}?" if alike else "Remove or correct it; `callgate tools show` has the names."
                pointer = f"manifest:{layer}/arguments/{escape(name)}"
                yield ImportFault(pointer, f"no operation that this is for has an argument {name!r}", cure)
