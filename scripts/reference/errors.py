"""docs/reference/errors.md: reasons of refusals, fault codes of outcomes, troubles of the engine, exit codes."""

from collections.abc import Iterator
from pathlib import Path

from callgate.status import BY_REASON
from callgate.v1 import error_pb2
from gateway.cli.terminal.exit_codes import MEANINGS
from gateway.edge.grpc.status import TABLE, StatusRow
from sandbox.api.engine_trouble import EngineTrouble
from scripts.reference.markdown import REPOSITORY, code, head, paragraph, sentence, table
from scripts.reference.proto_text import Definition, read

PROTO = REPOSITORY / "proto" / "callgate" / "v1"
SOURCES = (
    "proto/callgate/v1/error.proto",
    "proto/callgate/v1/fault_code.proto",
    "gateway/edge/grpc/status.py",
    "gateway/cli/terminal/exit_codes.py",
)


def page() -> str:
    text = (
        "A call that is refused ends in a gRPC status with an `ErrorDetail`, which has a reason; nothing was sent "
        "upstream. A call "
        "that was accepted has a record, and, where it did not succeed, a fault code. Each error has a cure, which "
        "SDK and command "
        "line show."
    )
    parts = [
        head("Errors and exit codes", "scripts/reference/errors.py", SOURCES, text),
        _section("Exit codes", "Of every command of `callgate`.", table(("Exit code", "Meaning"), _exit_codes())),
        _section("Reasons", _OF_REASONS, table(("Reason", "Status", "Again?", "Meaning", "SDK"), _reasons())),
        _section("Cures of refusals", _OF_CURES, table(("Error", "Reason", "Cure"), _cures())),
        _section("Fault codes", _OF_FAULTS, table(("Fault code", "Meaning, and what to do"), _faults())),
        _section("Troubles of the container engine", _OF_ENGINE, table(("Trouble", "Cure"), _troubles())),
    ]
    return "\n".join(parts)


_OF_REASONS = (
    "“Again?” says whether the very same request, with the same key, may be sent again; the SDK does so by itself. "
    "The last column is "
    "the exception of `callgate.errors`."
)
_OF_CURES = (
    "The gateway's exceptions, each with what its receiver can do. Where an error knows more, its own cure takes the place of "
    "this one."
)
_OF_FAULTS = (
    "“Call again” means a new call with a fresh key: an end does not change. Where the outcome says `not_done`, the same key "
    "will do."
)
_OF_ENGINE = "Why no box can be made. The log has it as `no_boxes` with its cure, `callgate doctor` checks most of them."


def _section(title: str, text: str, rows: str) -> str:
    return f"## {title}\n\n{paragraph(text)}\n\n{rows}"


def _exit_codes() -> Iterator[tuple[str, str]]:
    for number, meaning in MEANINGS.items():
        yield code(str(number)), meaning


def _rows_of(reason: int) -> list[tuple[type[Exception], StatusRow]]:
    return [(error, row) for error, row in TABLE.items() if row.reason == reason]


def _reasons() -> Iterator[tuple[str, str, str, str, str]]:
    for value in _members(PROTO / "error.proto", "ErrorReason"):
        name, number = value.name.removeprefix("ERROR_REASON_"), error_pb2.ErrorReason.Value(value.name)
        rows = _rows_of(number)
        if number == 0:
            continue
        statuses = ", ".join(sorted({code(row.code.name) for _, row in rows})) or _WITHOUT_ROW.get(name, "")
        again = "yes" if any(row.retryable for _, row in rows) or name in _WITHOUT_ROW else "no"
        kind = BY_REASON.get(number)
        yield code(name), statuses, again, sentence(value.text), code(kind.__name__) if kind else ""


#: Reasons that no exception of the tree brings.
_WITHOUT_ROW = {"INTERNAL": "`INTERNAL`", "CANCELLED": "`CANCELLED`"}


def _cures() -> Iterator[tuple[str, str, str]]:
    for error, row in sorted(TABLE.items(), key=lambda one: one[0].__name__):
        cure = getattr(error, "cure", "")
        if isinstance(cure, str) and cure:
            reason = error_pb2.ErrorReason.Name(row.reason).removeprefix("ERROR_REASON_")
            yield code(error.__name__), code(reason), sentence(cure)


def _faults() -> Iterator[tuple[str, str]]:
    for value in _members(PROTO / "fault_code.proto", "FaultCode"):
        yield code(value.name.removeprefix("FAULT_CODE_")), sentence(value.text)


def _troubles() -> Iterator[tuple[str, str]]:
    for trouble in EngineTrouble:
        yield code(trouble.name), sentence(trouble.cure)


def _members(path: Path, name: str) -> list[Definition]:
    return next(one for one in read(path).definitions if one.name == name).members
