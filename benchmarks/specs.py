"""How many operations of real documents become usable tools: `make bench B=specs`.

Callgate and FastMCP read every document of the collection in the same run and are measured by the same definition: a tool
is usable if its name is legal and no other tool's, its schemas are valid JSON Schema 2020-12 and run offline, sampled arguments
fit the input schema, and a request can be built from them. openapi-core then checks each of Callgate's requests against the
document. The collection's own index says how many operations there are.

    python -m benchmarks.specs [--every N] [--only TEXT] [--without fastmcp] [--samples N]

Prints one JSON line a figure, then one for each reason of a refusal. Progress goes to stderr. The documents lie beside the
clone, or where CALLGATE_SPECS says.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks import spec_costs
from benchmarks.figures import show
from benchmarks.spec_tally import DocumentTally, Job, Totals, examine

PROCESSES = os.cpu_count() or 1
SAMPLES = 3
#: For one document in one library; a library that takes longer has failed.
SECONDS = 240
SPECS = Path(os.environ.get("CALLGATE_SPECS", Path(__file__).parents[2] / "shared" / "specs"))


def main() -> None:
    given = _arguments()
    jobs = list(_jobs(given))
    tell(f"{len(jobs)} documents in {SPECS}, {PROCESSES} at a time")
    totals = Totals()
    for tally in _examine_all(jobs):
        totals.add(tally)
    _show(totals, fastmcp="fastmcp" not in given.without)
    if "costs" not in given.without:
        spec_costs.measure(SPECS)


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count the usable tools of real documents.")
    parser.add_argument("--every", type=int, default=1, help="take each nth document only")
    parser.add_argument("--only", default="", help="take documents whose path has this text")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="requests to sample for an operation")
    parser.add_argument("--without", nargs="*", default=[], choices=("fastmcp", "judge", "costs"), help="leave a part out")
    return parser.parse_args()


def _jobs(given: argparse.Namespace) -> Iterator[Job]:
    index = json.loads((SPECS / "index.json").read_text())
    chosen = [entry for entry in index if given.only in entry["file"]][:: given.every]
    # The largest first: a large last one alone would decide how long the run takes.
    for entry in sorted(chosen, key=lambda entry: -entry["bytes"]):
        yield Job(
            path=str(SPECS / entry["file"]),
            name=entry["file"],
            operations=entry["operations"],
            samples=given.samples,
            seconds=SECONDS,
            judge="judge" not in given.without,
            fastmcp="fastmcp" not in given.without,
        )


def _examine_all(jobs: list[Job]) -> Iterator[DocumentTally]:
    began = time.monotonic()
    with ProcessPoolExecutor(PROCESSES) as pool:
        waiting = [pool.submit(examine, job) for job in jobs]
        for count, done in enumerate(as_completed(waiting), 1):
            tally = done.result()
            tell(f"{count}/{len(jobs)} {time.monotonic() - began:.0f} s  {tally.summary()}")
            yield tally


def _show(totals: Totals, *, fastmcp: bool) -> None:
    show("documents", totals.documents, "documents")
    show("documents_with_operations", totals.with_operations, "documents")
    show("documents_imported", totals.imported / max(1, totals.with_operations), "share")
    show("operations", totals.operations, "operations")
    show("tools_usable", totals.usable / max(1, totals.operations), "share")
    show("names_with_hash", totals.hashed / max(1, totals.tools), "share of the tools")
    show("requests_sampled", totals.sampled / max(1, totals.usable), "a usable operation")
    show("requests_accepted_by_openapi_core", totals.accepted / max(1, totals.sampled), "share")
    if fastmcp:
        show("fastmcp_tools_usable", totals.fastmcp_usable / max(1, totals.operations), "share")
        show("fastmcp_documents_imported", totals.fastmcp_imported / max(1, totals.with_operations), "share")
    for kind, reasons in (("not_usable", totals.unusable), ("refused", totals.refused), ("fastmcp", totals.fastmcp_unusable)):
        for reason, (count, example) in sorted(reasons.items(), key=lambda found: -found[1][0]):
            mistake, _, why = reason.partition(": ") if kind == "refused" else ("", "", reason)
            line = {"list": kind, "count": count, "reason": why, "example": example}
            print(json.dumps(line | ({"whose": mistake} if mistake else {})), flush=True)


if __name__ == "__main__":
    main()
