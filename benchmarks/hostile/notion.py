"""How long it takes to say which leaf of a page is wrong: twelve kinds of block told apart by `const`, nested four deep.

In this process, with the gateway's own checker: from the text of the arguments to the refusal that names the leaf. The process
that explains is running, and knows the schema, as in a gateway that has refused such a call before.
"""

import json
from time import perf_counter

from benchmarks.figures import median
from benchmarks.hostile import tools
from benchmarks.hostile.schemas import Json
from registry.checking.argument_checker import ArgumentChecker
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import ArgumentsInvalid
from registry.model.tool import ToolVersion
from registry.model.versions import first

REPETITIONS = 15
#: Blocks in each block, and characters of a text: some 16 kB, and close to 1 MB.
SIZES = {"notion_16kb_ms": (3, 125), "notion_1mb_ms": (9, 95)}


class LeafNotNamed(Exception):
    """The refusal names another place than the wrong leaf."""


async def measure() -> dict[str, float]:
    """Milliseconds by figure. Raises LeafNotNamed."""
    (draft,) = compile_document(load(tools.of_notion()), ToolsetHeader("notion", "https://notion.example")).drafts
    checker = ArgumentChecker()
    try:
        return {figure: await _refused(checker, first(draft), *size) for figure, size in SIZES.items()}
    finally:
        await checker.close()


async def _refused(checker: ArgumentChecker, version: ToolVersion, width: int, text: int) -> float:
    page = tools.notion_page(width, text)
    args_json, leaf = json.dumps(page, separators=(",", ":")).encode(), _leaf(page)
    took = []
    for _ in range(1 + REPETITIONS):
        began = perf_counter()
        try:
            await checker.read("tenant", version, args_json)
        except ArgumentsInvalid as refusal:
            took.append(1000 * (perf_counter() - began))
            if [one.pointer for one in refusal.violations] != [leaf]:
                raise LeafNotNamed(f"{len(args_json)} bytes: {refusal.violations}") from None
    return median(took[1:], least=REPETITIONS)


def _leaf(page: Json) -> str:
    """The way to the last block of the last block, and so on."""
    way, inside = "/body", page["body"]
    while isinstance(inside, dict) and "children" in inside:
        last = inside["children"][-1]
        kind = last["type"]
        way, inside = f"{way}/children/{len(inside['children']) - 1}/{kind}", last[kind]
    return f"{way}/text"
