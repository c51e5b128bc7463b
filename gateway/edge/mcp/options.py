"""What a door offers, as its operator says."""

from dataclasses import dataclass

from callgate.adapters.bounds import SHOWN
from callgate.types import SchemaForm


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOptions:
    """`toolset`: only its tools are listed and called. `search`: the meta-tools are listed in the place of all tools.
    `schema_form`: how input schemas are written; None: as each tool's own. `shown`: how many characters of an answer a model is
    shown."""

    toolset: str | None = None
    search: bool = False
    schema_form: SchemaForm | None = None
    shown: int = SHOWN
