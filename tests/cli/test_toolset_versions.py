"""`callgate toolset plan`, `apply`, `watch` and the states of versions: what is asked of the gateway, and what is said."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import Result

from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import error_pb2, tool_pb2
from gateway.cli.toolset.source import NEVER, read_again
from tests.cli.conftest import Callgate, Gateway

DOCUMENT = {"openapi": "3.1.0", "info": {"title": "Orders", "version": "1"}, "paths": {}}
FINDING = catalog.Finding(
    id="request-parameter-removed",
    severity="FINDING_SEVERITY_BREAKING",
    pointer="/input_schema/properties/page",
    message="page: removed optional",
    action="Do not pass page any more.",
)
CHANGES = [
    catalog.ToolChange(name="fresh", fate=catalog.ToolChange.FATE_ADDED, version="1.0.0"),
    catalog.ToolChange(
        name="orders_get",
        fate=catalog.ToolChange.FATE_CHANGED,
        version="2.0.0",
        previous="1.4.0",
        level="VERSION_LEVEL_MAJOR",
        held=True,
        findings=[FINDING],
    ),
    catalog.ToolChange(
        name="old", fate=catalog.ToolChange.FATE_REMOVED, version="1.0.0", previous="1.0.0", level="VERSION_LEVEL_MAJOR"
    ),
]


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(DOCUMENT))
    return str(path)


@pytest.mark.parametrize(("verb", "dry_run"), [("plan", True), ("apply", False)])
def test_a_plan_and_what_is_applied_are_the_same_request_and_the_same_tables(
    callgate: Callgate, gateway: Gateway, document: str, verb: str, dry_run: bool
) -> None:
    gateway.report = catalog.ImportReport(changes=CHANGES, added=2, unchanged=7)
    done = callgate("toolset", verb, document, "--name", "orders")
    assert done.exit_code == int(dry_run), done.output  # a plan says that a version breaks its callers
    header = gateway.requests[0][0].header
    assert (header.dry_run, header.require_promotion, header.deprecate_missing) == (dry_run, False, True)
    for told in ("orders_get", "1.4.0", "2.0.0", "MAJOR", "Do not pass page any more.", "request-parameter-removed"):
        assert told in done.stdout
    assert "1 added, 1 changed, 1 removed, 7 unchanged, 0 faults" in done.stdout
    # What is only planned cannot be promoted yet.
    promotes = "callgate toolset promote orders_get"
    waits = f"1 would wait for promotion. Once it is imported: {promotes}" if dry_run else f"1 wait for promotion: {promotes}"
    assert waits in done.stdout


REFUSES = catalog.ImportFault(pointer="/operations", message="no such operation", cure="Correct it.", refuses=True)


UNREAD = catalog.ImportFault(pointer="/paths/~1a/get", message="no schema", cure="Correct it.")


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (catalog.ImportReport(unchanged=3), (0, 0, "NOTHING")),
        (catalog.ImportReport(unchanged=3, faults=[UNREAD]), (0, 0, "NOTHING")),
        (catalog.ImportReport(changes=CHANGES[:1], added=1, unchanged=3), (0, 10, "CHANGES")),
        (catalog.ImportReport(changes=CHANGES[1:2], added=1), (1, 11, "BREAKING")),
        (catalog.ImportReport(changes=CHANGES[2:], unchanged=1), (1, 11, "BREAKING")),
        (catalog.ImportReport(changes=CHANGES, faults=[REFUSES]), (1, 12, "FAULTY")),
        (catalog.ImportReport(faults=[UNREAD]), (1, 12, "FAULTY")),
    ],
    ids=[
        "nothing changes",
        "nothing changes, and an operation is no tool as before",
        "nothing breaks",
        "a version breaks callers",
        "a tool is gone",
        "it would be refused",
        "no operation is a tool",
    ],
)
def test_the_exit_code_of_a_plan_says_whether_applying_it_is_safe_or_what_it_comes_to(
    callgate: Callgate, gateway: Gateway, document: str, report: catalog.ImportReport, told: tuple[int, int, str]
) -> None:
    gateway.report = report
    code, each, verdict = told
    words = ("toolset", "plan", document, "--name", "orders")
    for form in ("table", "json"):
        assert callgate(*words, "-o", form).exit_code == code
        assert callgate(*words, "-o", form, "--exit-code").exit_code == each
    assert json.loads(callgate(*words, "-o", "json").stdout)["verdict"] == verdict


@pytest.mark.parametrize("words", [("status", "nope"), ("promote", "--toolset", "nope")])
def test_a_toolset_that_is_not_there_is_an_error_with_an_exit_code_of_its_own(
    callgate: Callgate, words: tuple[str, ...]
) -> None:
    done = callgate("toolset", *words)
    assert (done.exit_code, done.stdout) == (5, "")
    assert "no toolset nope" in done.stderr
    assert "callgate toolset status" in done.stderr


def test_all_that_is_new_can_be_held(callgate: Callgate, gateway: Gateway, document: str) -> None:
    assert callgate("toolset", "apply", document, "--name", "orders", "--require-promotion").exit_code == 0
    assert gateway.requests[0][0].header.require_promotion


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        ("promote", tool_pb2.VERSION_STATE_ACTIVE),
        ("deprecate", tool_pb2.VERSION_STATE_DEPRECATED),
        ("disable", tool_pb2.VERSION_STATE_DISABLED),
        ("retire", tool_pb2.VERSION_STATE_RETIRED),
    ],
)
def test_each_verb_asks_for_its_state(callgate: Callgate, gateway: Gateway, verb: str, state: tool_pb2.VersionState) -> None:
    done = callgate("toolset", verb, "orders_get@2", "other", "--reason", "looked at it")
    assert done.exit_code == 0, done.output
    assert [(one.tool, one.state, one.reason) for one in gateway.requests] == [
        ("orders_get@2", state, "looked at it"),
        ("other", state, "looked at it"),
    ]
    assert "orders_get@2.0.0 is " in done.stdout


def _versions() -> list[catalog.ToolVersions]:
    states = {"1.0.0": tool_pb2.VERSION_STATE_ACTIVE, "2.0.0": tool_pb2.VERSION_STATE_QUARANTINED}
    versions = [
        catalog.VersionStatus(version=version, state=state, digest="sha256:" + "ab" * 32) for version, state in states.items()
    ]
    return [catalog.ToolVersions(name=name, toolset="orders", versions=versions) for name in ("a", "b")]


def test_all_that_waits_in_a_toolset_is_promoted_at_once(callgate: Callgate, gateway: Gateway) -> None:
    gateway.versions = _versions()
    assert callgate("toolset", "promote", "--toolset", "orders").exit_code == 0
    assert [one.tool for one in gateway.requests[1:]] == ["a@2.0.0", "b@2.0.0"]


def test_where_nothing_waits_in_a_toolset_that_is_said(callgate: Callgate, gateway: Gateway) -> None:
    gateway.versions = _versions()
    for tool in gateway.versions:
        del tool.versions[1:]
    done = callgate("toolset", "promote", "--toolset", "orders")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "No version of orders waits for promotion." in done.stderr
    assert callgate("toolset", "promote", "--toolset", "orders", "-o", "json").stdout == "[]\n"


def test_promoting_nothing_is_wrong_usage(callgate: Callgate, gateway: Gateway) -> None:
    assert callgate("toolset", "promote").exit_code == 2
    assert gateway.requests == []


def test_the_status_lists_every_version_with_its_state(callgate: Callgate, gateway: Gateway) -> None:
    gateway.versions = _versions()
    done = callgate("toolset", "status", "orders")
    for told in ("a@1.0.0", "active", "b@2.0.0", "quarantined", "ab" * 6):
        assert told in done.stdout
    assert json.loads(callgate("toolset", "status", "-o", "json").stdout)[0]["versions"][1]["state"] == "QUARANTINED"


@dataclass
class Site:
    """Serves `body` under an ETag and a date, and counts what it was asked."""

    body: bytes = b""
    etag: str = '"1"'
    status: int = 200
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)
    sent: int = 0
    url: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site(json.dumps(DOCUMENT).encode())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.headers["If-None-Match"], self.headers["If-Modified-Since"]))
            same = self.headers["If-None-Match"] == state.etag
            self.send_response(304 if same else state.status)
            if not same:
                state.sent += 1
                self.send_header("ETag", state.etag)
                self.send_header("Last-Modified", "Tue, 01 Jan 2030 00:00:00 GMT")
                self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(b"" if same else state.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/api.json"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def _watch(callgate: Callgate, source: str, looks: int) -> Result:
    return callgate("toolset", "watch", source, "--name", "orders", "--every", "0.01", "--looks", str(looks))


def test_a_document_that_has_not_changed_is_neither_sent_nor_imported_again(
    callgate: Callgate, gateway: Gateway, site: Site
) -> None:
    done = _watch(callgate, site.url, 3)
    assert done.exit_code == 0, done.output
    assert site.asked == [(None, None), *2 * [('"1"', "Tue, 01 Jan 2030 00:00:00 GMT")]]
    assert (site.sent, len(gateway.requests)) == (1, 1)
    header = gateway.requests[0][0].header
    assert (header.require_promotion, header.deprecate_missing, header.dry_run) == (True, True, False)
    assert "has changed" in done.stderr


def test_the_same_bytes_under_another_tag_are_not_imported_again(callgate: Callgate, gateway: Gateway, site: Site) -> None:
    first, seen = read_again(site.url, NEVER)
    site.etag = '"2"'
    second, after = read_again(site.url, seen)
    assert (first, seen != after) == (second, True)
    site.etag = ""  # no validator at all: it is read every time, and compared by its digest
    assert _watch(callgate, site.url, 3).exit_code == 0
    assert len(gateway.requests) == 1


def test_a_watch_outlives_a_source_and_a_gateway_that_fail(callgate: Callgate, gateway: Gateway, site: Site) -> None:
    site.status = 500
    done = _watch(callgate, site.url, 2)
    assert (done.exit_code, gateway.requests) == (0, [])
    assert "status 500" in done.stderr
    site.status = 200
    detail = error_pb2.ErrorDetail(reason=error_pb2.ERROR_REASON_DOCUMENT_INVALID, message="no paths")
    gateway.refuse_with(detail)
    done = _watch(callgate, site.url, 2)
    assert done.exit_code == 0
    assert len(gateway.requests) == 2  # what could not be imported counts as not seen
    assert "the next look tries it again" in done.stderr


def test_a_file_is_read_again_only_once_it_has_been_written(document: str) -> None:
    first, seen = read_again(document, NEVER)
    assert first
    assert read_again(document, seen) == (None, seen)
    with open(document, "a") as file:
        file.write(" ")
    assert read_again(document, seen)[0] == first + b" "
