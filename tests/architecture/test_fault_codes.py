"""One closed list of faults, in four places: sandbox.api, the proto, the SDK, and what of it the runner may report."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import callgate
from callgate.fault_code import fault_code
from callgate.v1 import fault_code_pb2
from sandbox.api.fault_code import REPORTED_BY_RUNNER, FaultCode

REPOSITORY = Path(__file__).parents[2]
PREFIX = "FAULT_CODE_"
CODES = {code.name for code in FaultCode}
GO = REPOSITORY / "sandbox" / "runner" / "faultcode.go"


def go_constants(source: str) -> dict[str, str]:
    """The constants of a Go file, by their names."""
    return dict(re.findall(r'^\t(\w+)\s*=\s*"([^"]*)"$', source, re.MULTILINE))


def go_words(source: str) -> set[str]:
    """What the string literals of a Go file say."""
    return set(re.findall(r'"([^"\n]*)"', source)) | set(re.findall(r"`([^`]*)`", source))


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (REPOSITORY / folder).rglob("*.py") if "v1" not in path.parts)


def test_each_code_is_its_own_name() -> None:
    assert [code.value for code in FaultCode] == [code.name for code in FaultCode]
    assert [code.value for code in callgate.FaultCode] == [code.name for code in callgate.FaultCode]


def test_the_proto_and_the_sdk_have_the_same_codes() -> None:
    assert set(fault_code_pb2.FaultCode.keys()) == {PREFIX + name for name in CODES | {"UNSPECIFIED"}}
    assert {code.name for code in callgate.FaultCode} == CODES


def test_the_runner_has_what_it_may_report() -> None:
    source = GO.read_text()
    constants = go_constants(source)
    assert sorted(constants.values()) == sorted(REPORTED_BY_RUNNER)
    assert go_words(source) == set(constants.values())  # nothing that the reading above has missed


def test_a_constant_of_the_runner_is_called_as_its_code_is() -> None:
    constants = go_constants(GO.read_text())
    assert constants == {"fault" + code.title().replace("_", ""): code for code in constants.values()}


@pytest.mark.parametrize("folder", ["sandbox/runner", "sandbox/adversary"])
def test_no_other_go_file_spells_a_fault(folder: str) -> None:
    spelled = {
        path.name: found
        for path in (REPOSITORY / folder).rglob("*.go")
        if path != GO and (found := go_words(path.read_text()) & CODES)
    }
    assert spelled == {}


def test_every_constant_of_the_runner_is_used() -> None:
    others = "".join(path.read_text() for path in GO.parent.glob("*.go") if path != GO)
    assert [name for name in go_constants(GO.read_text()) if not re.search(rf"\b{name}\b", others)] == []


def test_every_code_is_given_by_something() -> None:
    text = "".join(path.read_text() for path in sources("gateway", "sandbox") if path.name != "fault_code.py")
    given = set(re.findall(r"\bFaultCode\.([A-Z][A-Z_]+)\b", text)) | REPORTED_BY_RUNNER
    assert given == CODES


def test_the_proto_says_of_each_code_what_it_means_in_the_order_of_numbers() -> None:
    source = (REPOSITORY / "proto/callgate/v1/fault_code.proto").read_text()
    told = re.findall(r"^  // .*[.]\n  (FAULT_CODE_\w+) = (\d+);$", source, re.MULTILINE)
    assert [(name, int(number)) for name, number in told] == fault_code_pb2.FaultCode.items()
    assert [int(number) for _, number in told] == sorted(fault_code_pb2.FaultCode.values())


#: Here the class is Python's, a library's or the caller's, whose name no change of Callgate's can touch; or, in `frames`, both
#: ends of the pipe are of one release.
NAMED_BY_CLASS = {
    "clients/python/src/callgate/checks.py",
    "clients/python/src/callgate/messages.py",
    "gateway/records/principals/principals_file.py",
    "gateway/secrets/vault.py",
    "gateway/secrets/secret_id.py",
    "registry/document/json_path.py",
    "registry/model/canonical_json.py",
    "registry/model/versions.py",
    "registry/reader/frames.py",
    "registry/verify/openapi_core_judge.py",
}


def names_of_classes(tree: ast.AST) -> set[int]:
    """The lines where `type(value).__name__` is used, but for those of a log."""
    logged = {id(part) for node in ast.walk(tree) if is_log(node) for part in ast.walk(node)}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in {"__name__", "__qualname__"})
    return {node.lineno for node in found if isinstance(node.value, ast.Call) and id(node) not in logged}


def is_log(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "log"


def test_the_name_of_a_class_of_ours_is_for_logs_only() -> None:
    paths = sources("gateway", "sandbox", "registry", "clients/python/src/callgate")
    found = {str(path.relative_to(REPOSITORY)) for path in paths if names_of_classes(ast.parse(path.read_text()))}
    assert found == NAMED_BY_CLASS


@pytest.mark.parametrize("number", [0, 9_999])
def test_a_number_that_the_sdk_does_not_know_is_unrecognized(number: int) -> None:
    assert fault_code(number) is callgate.FaultCode.UNRECOGNIZED


def test_the_sdk_reads_every_number_of_the_proto() -> None:
    read = {PREFIX + fault_code(number): number for number in fault_code_pb2.FaultCode.values() if number}
    assert read == {name: number for name, number in fault_code_pb2.FaultCode.items() if number}
