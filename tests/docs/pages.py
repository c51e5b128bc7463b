"""The fenced examples of the documents, and how a page of commands is followed from its top to its end."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from tests.cli.running_up import environment

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
FENCE = re.compile(
    r"(?:^<!-- not run: (?P<mark>[^>]+) -->\n)?^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
TITLE = re.compile(r'title="([^"]+)"')
#: Seconds that a page's commands may take together.
PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Fence:
    """`section`: the heading above it. `mark`: why it is not run, as the page says. `title`: the file whose text it is."""

    page: Path
    section: str
    language: str
    title: str
    mark: str
    body: str

    @property
    def name(self) -> str:
        return str(self.page.relative_to(REPOSITORY))


def fences(page: Path, changes: Mapping[str, str] | None = None) -> list[Fence]:
    """The page's examples, with these words in the place of its own."""
    text = page.read_text()
    for word, other in (changes or {}).items():
        assert word in text, f"{page.name} no longer says {word!r}"
        text = text.replace(word, other)
    return [_fence(page, found) for found in FENCE.finditer(text)]


def _fence(page: Path, found: re.Match[str]) -> Fence:
    title = TITLE.search(found["info"])
    section = HEADING.findall(found.string, 0, found.start())[-1:] or [""]
    return Fence(page, section[0], found["info"].split(" ")[0], title[1] if title else "", found["mark"] or "", found["body"])


def documented() -> list[Path]:
    """Every document whose examples must hold."""
    clients = [REPOSITORY / "clients" / language / "README.md" for language in ("python", "typescript")]
    return [REPOSITORY / "README.md", *clients, *sorted(DOCS.rglob("*.md"))]


@dataclass(frozen=True, slots=True)
class Followed:
    """What a page's commands printed, and which lines of the page say so."""

    output: str
    told: list[str]

    def missing(self) -> list[str]:
        """The lines that the page shows, and no command printed. `…` stands for what differs from run to run."""
        lines = self.output.splitlines()
        return [line for line in self.told if not any(_shows(line, printed) for printed in lines)]


def _shows(told: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in re.sub(r"\s+#.*$", "", told).split("…"))
    return re.fullmatch(pattern, printed.rstrip()) is not None


def follow(
    page: Path, changes: Mapping[str, str], settings: Mapping[str, str], of: Callable[[str], bool] = lambda _: True
) -> Followed:
    """Write the files and run the commands and programs of a page, in its order. A command that fails ends it.

    `of`: whether those of the section of this heading; "" is above the first.
    """
    script, told = [], []
    for fence in (one for one in fences(page, changes) if of(one.section)):
        script += list(_script(fence))
        told += [line for line in fence.body.splitlines() if fence.language == "console" and not line.startswith("$ ")]
    return Followed(shell("\n".join(script), settings), told)


def _script(fence: Fence) -> Iterator[str]:
    if fence.title:
        yield f"cat > {fence.title} <<'END-OF-FILE'\n{fence.body}END-OF-FILE"
    elif fence.language == "python":
        yield f"python - <<'END-OF-FILE'\n{fence.body}END-OF-FILE"
    elif fence.language == "console":
        yield from (line[2:] for line in fence.body.splitlines() if line.startswith("$ "))


#: A plan that breaks callers ends with 1, and says so; who reads a page goes on.
PLANS = """
callgate() { command callgate "$@" || { [ $? = 1 ] && [ "${1-} ${2-}" = "toolset plan" ]; }; }
"""


def shell(script: str, settings: Mapping[str, str]) -> str:
    """What a script prints, which is run to its end in the checkout. Nothing that it has started outlives this."""
    command = ["bash", "-euo", "pipefail", "-c", f"exec 2>&1; {PLANS}{script}"]
    # Not a pipe, whose end would come no sooner than that of the last that holds it.
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment(settings), stdout=said, start_new_session=True)
        try:
            process.wait(PATIENCE)
        finally:
            # A script that fails or is cut off does not come to the line that stops its servers.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said.seek(0)
        printed = said.read()
    assert process.returncode == 0, f"{script}\n---\n{printed}"
    return printed
