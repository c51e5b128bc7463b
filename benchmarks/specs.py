"""How many operations of real documents become usable tools: `make bench B=specs`.

Callgate and FastMCP read every document of the collection in the same run and are measured by the same definition: a tool
is usable if its name is legal and no other tool's, its schemas are valid JSON Schema 2020-12 and run offline, sampled arguments
fit the input schema, and a request can be built from them. Two judges then read each of Callgate's requests against the
document: openapi-core all of them, and Prism, over HTTP, some of the smaller documents. The collection's own index says how
many operations there are.

An operation that requires a credential is counted again (`spec_auth`). Its credentials work if a box's call with credentials
of the same kinds, in the same places, was let in by a server of the benchmark's that verifies them, and one with a wrong secret
was not. The kinds are the document's own words; of several alternatives it is the one that the compiler takes for an operator
who has a secret for each scheme that Callgate has a kind of credential for. One that it has no kind for does not work.

    python -m benchmarks.specs [--every N] [--only TEXT] [--without auth fastmcp] [--samples N]

Prints one JSON line a figure, one for each reason of a refusal, and one for each combination of credentials that does not work.
Progress goes to stderr, and so does each bound that is not kept (`spec_verdict`); then the exit status is 1. The documents lie
beside the clone, or where CALLGATE_SPECS says.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from benchmarks import spec_auth, spec_costs, spec_prism
from benchmarks.collection import SPECS
from benchmarks.spec_tally import DocumentTally, Job, Reasons, Totals, examine
from benchmarks.spec_verdict import Figures

PROCESSES = os.cpu_count() or 1
SAMPLES = 3
#: For one document in one library; a library that takes longer has failed.
SECONDS = 240

#: The figures that a part of the benchmark makes.
PARTS = {
    "fastmcp": (),
    "judge": ("requests_accepted_by_openapi_core",),
    "prism": ("documents_judged_by_prism",),
    "costs": ("github_import_s", "validate_us_p50_times_less"),
    "auth": ("operations_with_working_auth",),
}


def main() -> int:
    given = _arguments()
    jobs = list(_jobs(given))
    tell(f"{len(jobs)} documents in {SPECS}, {PROCESSES} at a time")
    totals = Totals()
    for tally in _examine_all(jobs):
        totals.add(tally)
    figures = Figures()
    _show(totals, figures, given.without)
    if "costs" not in given.without:
        spec_costs.measure(SPECS, figures.show)
    if "auth" not in given.without:
        spec_auth.measure([job.name for job in jobs], SPECS, PROCESSES, figures.show)
    whole = given.every == 1 and not given.only
    return 0 if figures.is_kept(whole=whole, without=tuple(one for part in given.without for one in PARTS[part])) else 1


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count the usable tools of real documents.")
    parser.add_argument("--every", type=int, default=1, help="take each nth document only")
    parser.add_argument("--only", default="", help="take documents whose path has this text")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="requests to sample for an operation")
    parser.add_argument("--without", nargs="*", default=[], choices=tuple(PARTS), help="leave a part out")
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
            prism="prism" not in given.without and entry["bytes"] <= spec_prism.LARGEST,
        )


def _examine_all(jobs: list[Job]) -> Iterator[DocumentTally]:
    began = time.monotonic()
    with ProcessPoolExecutor(PROCESSES) as pool:
        waiting = [pool.submit(examine, job) for job in jobs]
        for count, done in enumerate(as_completed(waiting), 1):
            tally = done.result()
            tell(f"{count}/{len(jobs)} {time.monotonic() - began:.0f} s  {tally.summary()}")
            yield tally


def _show(totals: Totals, figures: Figures, without: list[str]) -> None:
    counts, show = totals.counts, figures.show
    show("documents", totals.documents, "documents")
    show("documents_with_operations", totals.with_operations, "documents")
    show("documents_imported", totals.imported / max(1, totals.with_operations), "share")
    show("operations", counts["operations"], "operations")
    show("operations_elsewhere", totals.share("elsewhere", "operations"), "share")
    show("tools_usable", counts["usable"] / max(1, counts["operations"] - counts["elsewhere"]), "share of the others")
    show("unaccounted_operations", counts["unaccounted"], "operations")
    show("accepts_nothing", counts["accepts_nothing"], "tools without a fault")
    show("names_with_hash", totals.share("hashed", "tools"), "share")
    show("tools_over_8k_tokens_whole", counts["large"], "tools")
    show("tools_over_8k_tokens", counts["too_large"], "tools in the reduced form")
    show("operations_with_examples", totals.share("with_examples", "tools"), "share")
    show("examples_kept", totals.share("examples_kept", "with_examples"), "share")
    show("requests_sampled", counts["sampled"] / max(1, counts["usable"]), "a usable operation")
    if "judge" not in without:
        show("requests_accepted_by_openapi_core", totals.share("accepted", "sampled"), "share")
    if "prism" not in without:
        show("documents_judged_by_prism", totals.served_by_prism, "documents")
        show("requests_judged_by_prism", counts["judged_by_prism"], "requests")
        show("requests_accepted_by_prism", totals.share("accepted_by_prism", "judged_by_prism"), "share")
    show("refused_ours", totals.refused_ours, "requests")
    if "fastmcp" not in without:
        show("fastmcp_tools_usable", totals.share("fastmcp_usable", "operations"), "share")
        show("fastmcp_documents_imported", totals.fastmcp_imported / max(1, totals.with_operations), "share")
    for kind, reasons in totals.reasons.items():
        _show_reasons(kind, reasons)


def _show_reasons(kind: str, reasons: Reasons) -> None:
    for reason, (count, example) in sorted(reasons.items(), key=lambda found: -found[1][0]):
        mistake, _, why = reason.partition(": ") if kind.startswith("refused") else ("", "", reason)
        line = {"list": kind, "count": count, "reason": why, "example": example}
        print(json.dumps(line | ({"whose": mistake} if mistake else {})), flush=True)


if __name__ == "__main__":
    sys.exit(main())
