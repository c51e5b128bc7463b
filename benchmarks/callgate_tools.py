"""Callgate's tools of a document, for `specs`: which are usable, and the requests that they make."""

from collections.abc import Iterator
from itertools import chain

from benchmarks import spec_examples
from benchmarks.usable import Usability
from registry.calling.request import HttpRequest, build
from registry.compiler.compiler import compile_document
from registry.compiler.operations import find_sites
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import RequestRefused
from registry.model.references import References
from registry.model.tool import Draft
from registry.model.versions import first
from registry.schema.impossible_inputs import ACCEPTS_NOTHING
from registry.schema.sampling import spare_samples
from registry.verify.openapi_core_judge import Judge, Judgement

SERVER = "https://api.example.com"


class Callgate:
    def __init__(self, raw: bytes, samples: int) -> None:
        self._document = load(raw)
        compiled = compile_document(self._document, ToolsetHeader("measured", SERVER))
        self.drafts = compiled.drafts
        self._faults = compiled.faults
        self._mended = compiled.mended
        self._references = References(self._document)
        self._sites = {site.route: site for site in find_sites(self._document, self._references, [])}
        self._usability = Usability(samples)
        self._judge: tuple[Draft, Judge] | None = None

    @property
    def lost(self) -> Iterator[tuple[str, str]]:
        """Each operation that Callgate made no tool of, and the fault that says why."""
        made = self._made()
        for fault in self._faults:
            yield from ((operation, fault.message) for operation in fault.operations if operation not in made)

    @property
    def elsewhere(self) -> int:
        """Operations of which the document has no more than a reference to a file that the collection does not have."""
        made = self._made()
        out = (fault.operations for fault in self._faults if "leaves the document" in fault.message)
        return len({one for operations in out for one in operations if one not in made and not one.startswith("* ")})

    def unaccounted(self, operations: int) -> int:
        """How many of these are neither a tool nor named by a fault."""
        return max(0, operations - len(self._made() | {operation for operation, _ in self.lost}))

    def tells_nothing_fits(self, draft: Draft) -> bool:
        """Whether a fault says that no arguments were found for the tool."""
        named = (fault.operations for fault in self._faults if fault.message == ACCEPTS_NOTHING)
        return any(draft.operation.route in operations for operations in named)

    def is_mended(self, draft: Draft) -> bool:
        return draft.name in self._mended

    def has_examples(self, draft: Draft) -> tuple[bool, bool]:
        """Whether the document has some for the operation's input, and whether the tool has."""
        site = self._sites[draft.operation.method, draft.operation.path]
        return spec_examples.declares(site, draft, self._references), spec_examples.keeps(draft)

    def _made(self) -> set[str]:
        return {draft.operation.route for draft in self.drafts}

    def requests(self, draft: Draft) -> tuple[list[HttpRequest], str]:
        """The requests that can be built for sampled arguments, and why the tool is not usable (empty where it is).

        Arguments that no request can hold, which the tool refuses with a typed error, have others in their place.
        """
        samples, reason = self._usability.samples(draft.name, draft.input_schema, draft.output_schema)
        version = first(draft)
        built: list[HttpRequest] = []
        for arguments in chain(samples, spare_samples(draft.input_schema) if samples else ()):
            if len(built) == len(samples):
                break
            try:
                built.append(build(version, arguments))
            except RequestRefused as refused:
                reason = f"RequestRefused: {refused}"
        return built, "" if built else reason

    def judge(self, draft: Draft, request: HttpRequest) -> Judgement:
        if self._judge is None or self._judge[0] is not draft:
            self._judge = draft, Judge(self._document, first(draft))
        return self._judge[1].judge(request)
