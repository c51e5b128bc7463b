"""The house stays as it was laid out: sizes, imports, versions, what is generated and what is shipped."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from statistics import median

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("gateway", "sandbox", "registry", "clients/python/src/callgate")
GENERATED = REPOSITORY / "clients/python/src/callgate/v1"
BANNED = re.compile(r"(Manager|Helper|Util|Handler|Processor|Info|Data|Common|Base)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (REPOSITORY / folder).rglob("*.py") if GENERATED not in path.parents)


def functions(path: Path) -> Iterator[Function]:
    yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function))


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


@pytest.mark.parametrize("path", list(sources(*PACKAGES)), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    assert path.read_text().count("\n") <= 400
    assert [function.name for function in functions(path) if length(function) > 50] == []


def test_most_functions_and_files_are_small() -> None:
    paths = list(sources(*PACKAGES))
    assert median(length(function) for path in paths for function in functions(path)) <= 9
    assert median(path.read_text().count("\n") for path in paths) <= 150


def test_no_constructor_takes_more_than_six_positional_arguments() -> None:
    wide = [
        f"{path.name}: {node.name}"
        for path in sources(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and len(positionals(node)) > 6
    ]
    assert wide == []


def positionals(made: ast.ClassDef) -> list[str]:
    """The constructor's positional arguments: of a dataclass, those of its own fields that its callers give by place."""
    decorators = {ast.unparse(decorator) for decorator in made.decorator_list}
    if any(text.startswith("dataclass") and "kw_only=True" not in text for text in decorators):
        fields = [node for node in made.body if isinstance(node, ast.AnnAssign)]
        by_place = takewhile(lambda node: ast.unparse(node.annotation) != "KW_ONLY", fields)
        return [ast.unparse(node.target) for node in by_place if not is_preset(node)]
    own = (node for node in made.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    return [argument.arg for node in own for argument in node.args.args[1:]]


def is_preset(field: ast.AnnAssign) -> bool:
    value = ast.unparse(field.value) if field.value else ""
    return "init=False" in value or "kw_only=True" in value or ast.unparse(field.annotation).startswith("ClassVar")


def test_no_import_hides_in_a_function() -> None:
    hidden = [
        f"{path.name}:{node.lineno}"
        for path in sources(*PACKAGES)
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_no_name_says_nothing() -> None:
    classes = [
        node.name
        for path in sources(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and BANNED.search(node.name)
    ]
    assert classes == []


def test_every_exception_is_caught_in_two_places_only() -> None:
    broad = [
        path.stem
        for path in sources("gateway", "sandbox", "registry")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and "Exception" in {name.id for name in names(node.type)}
    ]
    assert sorted(set(broad)) == ["attempt", "boundary"]


def names(node: ast.expr | None) -> Iterator[ast.Name]:
    if node is not None:
        yield from (found for found in ast.walk(node) if isinstance(found, ast.Name))


def test_tests_do_not_mock() -> None:
    mocks = [path.name for path in sources("tests", "clients/python/tests") if "unittest.mock" in path.read_text()]
    assert [name for name in mocks if name != Path(__file__).name] == []


def test_the_versions_agree_with_the_changelog() -> None:
    server, sdk = (tomllib.loads((REPOSITORY / folder / "pyproject.toml").read_text()) for folder in (".", "clients/python"))
    assert server["project"]["version"] == sdk["project"]["version"]
    assert f"callgate=={sdk['project']['version']}" in server["project"]["dependencies"]
    assert f"## [{sdk['project']['version']}]" in (REPOSITORY / "CHANGELOG.md").read_text()


def test_importing_a_package_does_nothing_but_import() -> None:
    code = "import callgate, sys; sys.exit(bool({'docker', 'redis', 'hvac', 'gateway'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_grpc_is_first_imported_by_a_gateway_whose_children_it_spares() -> None:
    program = "import sys, gateway.before_grpc; print('grpc' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    assert out.strip() == "False"
    body = ast.parse((REPOSITORY / "gateway" / "__main__.py").read_text()).body
    own = [node for node in body if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gateway")]
    assert (own[0].module, own[0].names[0].name) == ("gateway", "before_grpc")


def test_no_process_with_threads_is_forked() -> None:
    """uvloop forks where asyncio starts a process, and runs what libraries have registered for that in the child."""
    started = [
        path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py") if "create_subprocess" in path.read_text()
    ]
    assert [path.relative_to(REPOSITORY).as_posix() for path in started] == ["gateway/embedded/gateway_process.py"]  # `up`'s
