"""Documents as they come, whole, in a house: what the paths of a `situation` cannot say."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from callgate import ImportReport, Invocation
from tests.e2e.hostile import Received
from tests.e2e.house import House

from .recipes import Recipes, answer

_numbers = itertools.count(1)

Json = dict[str, Any]

_OVERLAY: Json = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}}

OK: Json = {"responses": {"200": {"description": "An answer.", "content": {"application/json": {}}}}}


@dataclass(frozen=True)
class Imported:
    """A document's tools, which may be called."""

    house: House
    report: ImportReport

    def call(self, tool: str, **arguments: Any) -> Invocation:
        return self.house.client.call(tool, arguments)

    @property
    def lost(self) -> set[str]:
        """The operations that the faults name."""
        return {operation for fault in self.report.faults for operation in fault.operations}


@dataclass(frozen=True)
class Offer:
    """Imports documents for an upstream. Names of operations must be the test's own: `name` makes one."""

    house: House
    upstream: Recipes

    def name(self, word: str) -> str:
        return f"{word}_doc{next(_numbers)}"

    def __call__(
        self, document: Json, *, overlays: Sequence[Json] = (), manifest: Json | None = None, **options: Any
    ) -> Imported:
        toolset = f"doc{next(_numbers)}"
        whole: Json = {"openapi": "3.1.0", "info": {"title": "Real", "version": "1"}, **document}
        report = self.house.client.toolsets.import_openapi(
            json.dumps(whole).encode(),
            toolset,
            **{"server": self.upstream.url, **options},
            manifest=json.dumps({"toolset": toolset, **(manifest or {})}).encode(),
            overlays=[
                json.dumps({"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, **one}).encode() for one in overlays
            ],
        )
        self.house.promote(report)
        return Imported(self.house, report)

    def answers(self, method: str, path: str) -> None:
        self.upstream.tell(method, path, answer(200, b'{"ok": true}'))


def sent(request: Received) -> Any:
    """The JSON that a request carried."""
    return json.loads(request.raw.partition(b"\r\n\r\n")[2])


def body_of(schema: Json, **media: Any) -> Json:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, **media}}}}
