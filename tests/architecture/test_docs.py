"""The documents name only what is there: paths, modules, links, the steps of a call, the fields of a record."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
FOLDERS = {path.name for path in REPOSITORY.iterdir() if path.is_dir()}

SUFFIXES = (".py", ".go", ".lua", ".proto", ".md", ".yaml", ".json", ".toml", ".s")
#: What an operator or a running gateway makes or brings: no clone has it.
MADE_ELSEWHERE = {"host.json", "marks.json", "principals.json", "tokenizer.json"}

FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
#: Its text may go on over the end of a line.
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
MODULE = re.compile(r"(gateway|sandbox|registry|callgate|tests|benchmarks|examples|scripts)(\.[A-Za-z_]\w*)+")

STEP = re.compile(r"^\| \d+ \| `(?:(\w+)\.)?(\w+)` \|.*\| `([\w/]+\.py)` \|$", re.MULTILINE)
FIELD_ROW = re.compile(r"^\| (`[^|]+) \|.*\|$", re.MULTILINE)
FIELD_USE = re.compile(
    r"\b(?:get|number|set|clear|has_come)\(K,((?:[^()]|\([^()]*\))*)\)|'(?:HINCRBY|HDEL)', K\[1\], ('[a-z]+:?')", re.DOTALL
)
WORD = re.compile(r"'([a-z]+:?)'")


def tracked(pattern: str) -> list[Path]:
    """What git tracks, or would: a file that was just written counts, too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern]
    names = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.splitlines()
    return [path for name in names if (path := REPOSITORY / name).is_file()]


DOCUMENTS = tracked("*.md")
NAMES = {path.name for path in tracked("*")}


def wrong(text: str, place: Path) -> list[str]:
    """What a document at `place` names, and is not there."""
    text = FENCED.sub("", text)
    spans = SPAN.findall(text)
    paths = [span for span in spans if is_path(span) and not is_there(span, place)]
    modules = [span for span in spans if is_module(span) and not is_importable(span)]
    return [*paths, *modules, *(target for target in LINK.findall(text) if not leads_somewhere(target, place))]


def is_path(span: str) -> bool:
    if span in MADE_ELSEWHERE or not PATH.fullmatch(span):
        return False
    first, slash, _ = span.partition("/")
    return span.endswith(SUFFIXES) or (bool(slash) and first in FOLDERS)


def is_module(span: str) -> bool:
    return bool(MODULE.fullmatch(span)) and not span.endswith(SUFFIXES)


def is_there(path: str, place: Path) -> bool:
    """A path counts from the repository's root or from the document's folder; a bare name is a file's, wherever it lies."""
    return any((root / path).exists() for root in (REPOSITORY, place.parent)) if "/" in path else path in NAMES


def is_importable(name: str) -> bool:
    """Whether a dotted name is a package, a module, or what stands in one."""
    parts = name.split(".")
    root = REPOSITORY / "clients/python/src" if parts[0] == "callgate" else REPOSITORY
    for length in range(len(parts), 0, -1):
        place = root.joinpath(*parts[:length])
        module = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if module.exists():
            source = module.read_text()
            return all(re.search(rf"\b{part}\b", source) for part in parts[length:])
    return False


def leads_somewhere(target: str, place: Path) -> bool:
    if target.startswith(("https://", "http://")):
        return True
    path, _, anchor = target.partition("#")
    found = place.parent / path if path else place
    return found.exists() and (not anchor or anchor in anchors(found.read_text()))


def anchors(text: str) -> set[str]:
    """A page's headings, as links name them."""
    headings = HEADING.findall(FENCED.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_document_names_only_what_is_there(document: Path) -> None:
    assert wrong(document.read_text(), document) == []


@pytest.mark.parametrize(
    "text",
    [
        "`gateway/pipeline/no_such.py`",
        "`gateway/no_such_room/`",
        "`no_such_library.lua`",
        "`gateway.pipeline.no_such`",
        "`gateway.pipeline.invoker.NoSuch`",
        "`callgate.no_such`",
        "[a page](docs/no_such.md)",
        "[a part](README.md#no-such-part)",
        "[a part\nof two lines](README.md#no-such-part)",
    ],
)
def test_what_is_not_there_is_found(text: str) -> None:
    assert len(wrong(text, REPOSITORY / "README.md")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "`gateway/pipeline/invoker.py`",
        "`gateway/pipeline/`",
        "`ledger.lua`",
        "`gateway.pipeline.invoker.Invoker.invoke`",
        "`callgate.errors`",
        "`callgate.pool.*`",
        "`secret/data/orders`",
        "```\ngateway/pipeline/no_such.py\n```",
        "[a part](README.md#licence)",
        "[a site](https://example.com/no_such.md)",
    ],
)
def test_what_is_there_passes(text: str) -> None:
    assert wrong(text, REPOSITORY / "README.md") == []


@pytest.mark.parametrize("folder", [DOCS, DOCS / "decisions"], ids=lambda path: path.name)
def test_each_page_is_linked_from_the_index_of_its_folder(folder: Path) -> None:
    linked = set(LINK.findall((folder / "README.md").read_text()))
    assert {path.name for path in folder.glob("*.md")} - {"README.md"} <= linked


def test_each_step_of_a_call_is_in_the_module_that_the_page_names() -> None:
    steps = STEP.findall((DOCS / "calls.md").read_text())
    assert len(steps) > 10
    for owner, name, path in steps:
        source = (REPOSITORY / path).read_text()
        assert re.search(rf"\bdef {name}\b", source), f"{path} has no {name}"
        assert not owner or re.search(rf"^class {owner}\b", source, re.MULTILINE), f"{path} has no {owner}"


def test_each_field_of_a_record_is_on_the_page_of_the_ledger() -> None:
    library = (REPOSITORY / "gateway/records/redis/ledger.lua").read_text()
    used = {word for groups in FIELD_USE.findall(library) for group in groups for word in WORD.findall(group)}
    told = {name for row in FIELD_ROW.findall((DOCS / "ledger.md").read_text()) for name in SPAN.findall(row)}
    assert {"st", "fence", "a:", "o:", "ro"} <= used
    assert used - {re.sub(r":\w+$", ":", name) for name in told} == set()


def test_the_glossary_gives_each_word_one_meaning() -> None:
    words = re.findall(r"^\| \*\*([^*]+)\*\* \|", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    assert len(words) > 30
    assert sorted(set(words)) == sorted(words)


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_context_and_its_consequences(page: Path) -> None:
    assert re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE) == ["Context", "Decision", "Consequences"]
