"""Callgate's tools of a document, for `specs`: which are usable, and the requests that they make."""

from collections.abc import Iterator

from benchmarks.usable import Usability
from registry.calling.request import HttpRequest, build
from registry.compiler.compiler import compile_document
from registry.compiler.operations import OperationSite, find_sites
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import RequestRefused
from registry.model.import_fault import ImportFault
from registry.model.references import References
from registry.model.tool import Draft
from registry.model.versions import first
from registry.verify.openapi_core_judge import Judge, Judgement

SERVER = "https://api.example.com"


class Callgate:
    def __init__(self, raw: bytes, samples: int) -> None:
        self._document = load(raw)
        compiled = compile_document(self._document, ToolsetHeader("measured", SERVER))
        self.drafts = compiled.drafts
        self._faults = compiled.faults
        self._usability = Usability(samples)
        self._judge: tuple[Draft, Judge] | None = None

    @property
    def lost(self) -> Iterator[tuple[str, str]]:
        """Each operation that Callgate made no tool of: its place in the document, and the fault that says why."""
        made = {(draft.operation.method, draft.operation.path) for draft in self.drafts}
        for site in find_sites(self._document, References(self._document), []):
            if site.route not in made:
                yield (
                    site.pointer,
                    next((fault.message for fault in self._faults if _is_of(fault, site)), "a part it refers to"),
                )

    def requests(self, draft: Draft) -> tuple[list[HttpRequest], str]:
        """The requests that can be built for sampled arguments, and why the tool is not usable (empty where it is)."""
        samples, reason = self._usability.samples(draft.name, draft.input_schema, draft.output_schema)
        version = first(draft)
        built = []
        for arguments in samples:
            try:
                built.append(build(version, arguments))
            except RequestRefused as refused:
                reason = f"RequestRefused: {refused}"
        return built, "" if built else reason

    def judge(self, draft: Draft, request: HttpRequest) -> Judgement:
        if self._judge is None or self._judge[0] is not draft:
            self._judge = draft, Judge(self._document, first(draft))
        return self._judge[1].judge(request)


def _is_of(fault: ImportFault, site: OperationSite) -> bool:
    return fault.pointer.startswith((site.pointer, f"{site.item_pointer}/parameters"))
