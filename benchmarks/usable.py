"""When a tool is usable, by one definition for every library."""

import re
from typing import Any

from registry.schema.sampling import samples
from registry.schema.validators import SchemaInvalid, compile_validator

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # the names that the model providers accept


class Usability:
    """For the tools of one document. Remembers names, because of two tools with one name only one can be called."""

    def __init__(self, samples: int) -> None:
        self._wanted = samples
        self._names: set[str] = set()

    def samples(self, name: str, schema: dict[str, Any], output: dict[str, Any] | None) -> tuple[list[Any], str]:
        """Arguments that fit the schema, or none and the reason why the tool is not usable."""
        if not _NAME.fullmatch(name):
            return [], "the name is not legal"
        if name in self._names:
            return [], "the name is another tool's"
        self._names.add(name)
        try:
            compile_validator(schema)
            compile_validator(output or {})
        except SchemaInvalid as error:
            return [], f"a schema is invalid: {error}"
        found = list(samples(schema)[: self._wanted])
        return found, "" if found else "no arguments were found that fit the schema"
