"""What of a manifest, or of a tool version, is beyond the operator's ceilings. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.model.ceilings import ROWS, CeilingRow, Ceilings, setting_of
from registry.manifest.manifest import Manifest
from registry.model.import_fault import ImportFault
from registry.model.json_pointer import escape
from registry.model.tool import Draft, JsonObject

Measured = int | float


@dataclass(frozen=True, slots=True)
class Excess:
    """A value that is beyond its ceiling."""

    row: CeilingRow
    value: Measured
    ceiling: Measured

    @property
    def message(self) -> str:
        return f"{'.'.join(self.row.path)} is {self.value:,}, beyond the ceiling of {self.ceiling:,}"

    @property
    def cure(self) -> str:
        return f"Write at most {self.ceiling:,} in the manifest, or let the operator raise {setting_of(self.row.name)}."


def of_draft(draft: Draft, ceilings: Ceilings) -> Iterator[Excess]:
    return _beyond(ceilings, lambda row: _attribute(draft, row.path))


def import_faults(manifest: Manifest, drafts: Iterable[Draft], ceilings: Ceilings) -> tuple[ImportFault, ...]:
    """A fault for each value of the manifest, by its pointer; then for what tools have without a word of the manifest."""
    said = [(pointer, excess) for pointer, settings in _places(manifest) for excess in _of_settings(settings, ceilings)]
    known = {(excess.row.path, excess.value) for _, excess in said}
    made = [(f"/operations/{escape(draft.name)}", excess) for draft in drafts for excess in of_draft(draft, ceilings)]
    unsaid = [(pointer, excess) for pointer, excess in made if (excess.row.path, excess.value) not in known]
    return tuple(_fault(pointer, excess) for pointer, excess in (*said, *unsaid))


def _fault(pointer: str, excess: Excess) -> ImportFault:
    return ImportFault(f"manifest:{pointer}/{'/'.join(excess.row.path)}", excess.message, excess.cure)


def _places(manifest: Manifest) -> Iterator[tuple[str, JsonObject]]:
    yield "/defaults", manifest.defaults
    for index, group in enumerate(manifest.groups):
        yield f"/groups/{index}/settings", group.settings
    for name, settings in manifest.operations.items():
        yield f"/operations/{escape(name)}", settings


def _of_settings(settings: JsonObject, ceilings: Ceilings) -> Iterator[Excess]:
    return _beyond(ceilings, lambda row: _item(settings, row.path))


def _beyond(ceilings: Ceilings, value_at: Callable[[CeilingRow], Any]) -> Iterator[Excess]:
    for row in ROWS:
        found, ceiling = value_at(row), getattr(ceilings, row.name)
        if found is not None and (value := row.measure(found)) > ceiling:
            yield Excess(row, value, ceiling)


def _item(settings: JsonObject, path: Sequence[str]) -> Any:
    found: Any = settings
    for name in path:
        found = found.get(name) if found is not None else None
    return found


def _attribute(draft: Draft, path: Sequence[str]) -> Any:
    found: Any = draft
    for name in path:
        found = getattr(found, name) if found is not None else None
    return found
