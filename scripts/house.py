"""`python -m scripts.house`: measures the house, one JSON line a figure. Its exit status says whether every bound holds.

Lines count docstrings and blanks; a function's lines leave out its docstring. Generated code is left out everywhere, tests are
measured for their words alone.
"""

import ast
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from math import inf, isfinite
from pathlib import Path

from scripts.credential_places import files_that_name, kinds, places
from scripts.reference.commands import every
from scripts.reference.settings import documented
from scripts.site import whole_pages

REPOSITORY = Path(__file__).parents[1]
SERVER = ("gateway", "sandbox", "registry")
SDK = "clients/python/src/callgate"
#: Indefinite pronouns in the place of an actor: they tell a reader that something happens, and not which part does it.
DIALECT = re.compile(r"\b((some|any|every)(body|one)|no(body|[ -]one)|who(m|so)?ever)('s)?\b", re.IGNORECASE)
PROSE = (".py", ".go", ".lua", ".proto", ".md", ".yaml", ".toml", ".sh", "")
GENERATED = re.compile(r"/v1/\w+_pb2|^LICENSE$")

#: Commands that give no answer of their own: they stay until Ctrl-C or their input's end, give the terminal to another program,
#: or give bytes as they are.
UNANSWERED = frozenset(("callgate up", "callgate mcp", "callgate run record", "callgate run replay", "callgate artifact get"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Figure:
    """`most`, `least`: the bounds that the house keeps."""

    name: str
    value: float
    unit: str
    most: float = inf
    least: float = -inf

    @property
    def holds(self) -> bool:
        return self.least <= self.value <= self.most

    @property
    def told(self) -> dict[str, str | float]:
        bounds = {name: bound for name, bound in (("most", self.most), ("least", self.least)) if isfinite(bound)}
        return {"figure": self.name, "value": self.value, "unit": self.unit, **bounds}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def sources(*folders: str) -> tuple[Path, ...]:
    """The Python files of these folders, without what is generated."""
    found = (path for folder in folders for path in sorted((REPOSITORY / folder).rglob("*.py")))
    return tuple(path for path in found if REPOSITORY / SDK / "v1" not in path.parents)


def functions(paths: Iterable[Path]) -> Iterator[Function]:
    yield from (node for path in paths for node in ast.walk(tree(path)) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from `def` to the last statement, without the docstring."""
    first = function.body[0]
    says = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if says else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def lines(path: Path) -> int:
    return path.read_text().count("\n")


def percentile(values: Iterable[int], share: float) -> int:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def is_broad(handler: ast.ExceptHandler) -> bool:
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {"BaseException"}
    return bool(names & {"Exception", "BaseException"})


def broad_excepts(paths: Iterable[Path]) -> int:
    return sum(isinstance(node, ast.ExceptHandler) and is_broad(node) for path in paths for node in ast.walk(tree(path)))


def duplicate_class_names() -> list[str]:
    """Names that two classes of the server bear, or two of the SDK: the SDK's are the server's, as a caller sees them."""
    found = []
    for paths in (sources(*SERVER), sources(SDK)):
        names = Counter(node.name for path in paths for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))
        found += [name for name, count in names.items() if count > 1]
    return found


def room_of(module: str, rooms: set[str]) -> str:
    return module if module in rooms else module.rpartition(".")[0]


def room_arrows() -> dict[str, set[str]]:
    """Which room imports which. A room is a package, at any depth; a module of the package itself is in it."""
    modules = {path: ".".join(path.relative_to(REPOSITORY).with_suffix("").parts) for path in sources(*SERVER)}
    rooms = {name.removesuffix(".__init__") for name in modules.values() if name.endswith(".__init__")}
    known = rooms | set(modules.values())
    arrows: dict[str, set[str]] = defaultdict(set)
    for path, name in modules.items():
        own = room_of(name.removesuffix(".__init__"), rooms)
        arrows[own] |= {room_of(target, rooms) for target in _imported(tree(path), known)} - {own}
    return arrows


def _imported(module: ast.Module, known: set[str]) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module:
            named = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else node.module for name in named if node.module in known)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def cycles(arrows: dict[str, set[str]]) -> list[set[str]]:
    """The sets of rooms that reach each other."""
    reached = {room: _reach(room, arrows) for room in arrows}
    knots = ({other for other in reached[room] if room in reached.get(other, set())} for room in arrows)
    return [set(knot) for knot in {frozenset(knot) for knot in knots if knot}]


def _reach(room: str, arrows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(arrows.get(room, ()))
    while ahead:
        if (here := ahead.pop()) not in found:
            found.add(here)
            ahead += arrows.get(here, ())
    return found


def flat_files() -> list[Path]:
    return [path for path in sources(*SERVER) if path.parent.parent == REPOSITORY]


def tracked() -> list[Path]:
    """What git tracks, or would: a file that was just written counts, too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.splitlines()
    return [path for name in names if not GENERATED.search(name) and (path := REPOSITORY / name).is_file()]


def dialect() -> Iterator[str]:
    """Each use of the dialect, as `file:line: word`."""
    for path in tracked():
        if path.suffix in PROSE:
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                yield from (f"{path.relative_to(REPOSITORY)}:{number}: {word[0]}" for word in DIALECT.finditer(line))


def proto_spec_share() -> float:
    """How much of the API's definition says what it means: the share of comments among the lines that are not blank."""
    said = [line.strip() for path in (REPOSITORY / "proto").rglob("*.proto") for line in path.read_text().splitlines()]
    said = [line for line in said if line]
    return round(sum(line.startswith("//") for line in said) / len(said), 3)


def commands_with_json() -> float:
    """The share of the commands with an answer that give it as JSON, too."""
    answering = [command for name, command in every() if name not in UNANSWERED]
    return sum(any("-o" in one.opts for one in command.params) for command in answering) / len(answering)


def measure() -> Iterator[Figure]:
    paths = sources(*SERVER, SDK)
    function_lines = [length(function) for function in functions(paths)]
    file_lines = [lines(path) for path in paths]
    server = sources(*SERVER)
    yield Figure("function_lines_p50", percentile(function_lines, 0.5), "lines", 9)
    yield Figure("function_lines_p90", percentile(function_lines, 0.9), "lines", 19)
    yield Figure("file_lines_p50", percentile(file_lines, 0.5), "lines", 150)
    yield Figure("file_lines_max", max(file_lines), "lines", 400)
    yield Figure("flat_files", len(flat_files()), "files", 12)
    yield Figure("rooms_cycles", len(cycles(room_arrows())), "cycles", 0)
    yield Figure("duplicate_class_names", len(duplicate_class_names()), "names", 0)
    yield Figure("broad_excepts_per_kloc", round(1000 * broad_excepts(server) / sum(map(lines, server)), 3), "per kloc", 0.5)
    yield Figure("places_for_a_credential_kind", max(len(files_that_name(kind) | places(kind)) for kind in kinds()), "files", 6)
    yield Figure("pronoun_dialect", sum(1 for _ in dialect()), "uses", 10)
    yield Figure("doc_pages", len(whole_pages()), "pages", least=20)
    yield Figure("proto_spec_share", proto_spec_share(), "share", least=0.5)
    yield Figure("commands_with_json", commands_with_json(), "share", least=1.0)
    yield Figure("settings_documented", documented(), "share", least=1.0)


def main(show: Callable[[str], None] = print) -> int:
    figures = list(measure())
    for figure in figures:
        show(json.dumps(figure.told))
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
