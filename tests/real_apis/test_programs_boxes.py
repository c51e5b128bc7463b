"""What a program of an author's finds around it: what libraries of every language look for, and what a box does not give."""

import json
from typing import Any

import pytest

from callgate import FaultCode, Succeeded, TimedOut, ToolFailed

from .conftest import Json
from .programs import RunProgram, program_image, run_program
from .recipes import Recipes, answer

__all__ = ["program_image", "run_program"]

#: So long that the program is asked to end a second before it must.
SHORT: Json = {"limits": {"timeout": 12, "attempt_timeout": 5, "max_attempts": 1}}


def result(run_program: RunProgram, order: Json, **options: Any) -> Any:
    outcome = run_program(order, **options).outcome
    assert isinstance(outcome, Succeeded), outcome
    return json.loads(outcome.result.body)


@pytest.mark.parametrize("name", ["localhost", "box"])
def test_its_own_names_are_loopback(run_program: RunProgram, name: str) -> None:
    assert result(run_program, {"do": "lookup", "text": name}) == {"addresses": ["127.0.0.1"]}


def test_other_names_lead_nowhere_and_at_once(run_program: RunProgram) -> None:
    assert "error" in result(run_program, {"do": "lookup", "text": "api.example"}, settings=SHORT)


def test_it_may_be_its_own_server(run_program: RunProgram) -> None:
    assert result(run_program, {"do": "serve"}) == {"status": 200, "text": "own"}


def environment(run_program: RunProgram, *egress: str) -> dict[str, str]:
    found = result(run_program, {"do": "surround"}, container={"egress": [*egress]})
    return dict(entry.split("=", 1) for entry in found["environment"])


def test_its_own_server_is_not_sought_behind_the_proxy(run_program: RunProgram) -> None:
    found = environment(run_program, "api.example:443")
    assert found["HTTPS_PROXY"] == "http://127.0.0.1:3128"
    assert found["NO_PROXY"] == found["no_proxy"] == "localhost,127.0.0.1,::1"


def test_what_the_manifest_names_is_sought_behind_the_proxy_whatever_it_is_called(run_program: RunProgram) -> None:
    assert environment(run_program, "http://127.0.0.1:8080", "http://[::1]:8080")["NO_PROXY"] == "localhost"


def test_without_a_way_out_there_is_no_proxy_and_no_exception_from_it(run_program: RunProgram) -> None:
    assert not {"HTTPS_PROXY", "NO_PROXY", "no_proxy"} & environment(run_program).keys()


def test_a_server_on_the_gateways_loopback_is_reached_where_the_manifest_names_it(
    run_program: RunProgram, recipes: Recipes
) -> None:
    recipes.tell("GET", "/plain", answer(200, b'{"plain": true}'))
    found = result(run_program, {"do": "fetch", "url": f"{recipes.url}/plain"}, container={"egress": [recipes.url]})
    assert (found["status"], found["text"]) == (200, '{"plain": true}')


def test_it_has_a_name_a_group_and_a_home(run_program: RunProgram) -> None:
    assert result(run_program, {"do": "person"}) == {"name": "box", "home": "/tmp", "group": "box", "USER": "box"}


@pytest.mark.parametrize("path", ["/tmp/notes", "/dev/shm/sem.lock"])
def test_it_writes_where_programs_write(run_program: RunProgram, path: str) -> None:
    assert result(run_program, {"do": "put", "path": path, "bytes": "YQ=="}) == {"bytes": 1, "failed": "<nil>"}


@pytest.mark.parametrize("path", ["/tmp/notes", "/dev/shm/notes"])
def test_what_it_writes_has_a_bound(run_program: RunProgram, path: str) -> None:
    order = {"do": "put", "path": path, "bytes": "YWFh" * 20_000}
    assert "error" in result(run_program, order, container={"scratch_bytes": 16_384})


@pytest.mark.parametrize("path", ["/tmp/notes", "/dev/shm/notes"])
def test_without_scratch_memory_it_writes_nowhere(run_program: RunProgram, path: str) -> None:
    order = {"do": "put", "path": path, "bytes": "YQ=="}
    assert "error" in result(run_program, order, container={"scratch_bytes": 0})


@pytest.mark.parametrize("path", ["/srv/notes", "notes", "/etc/hosts", "/etc/passwd", "/notes"])
def test_what_is_not_its_own_it_cannot_write(run_program: RunProgram, path: str) -> None:
    assert "read-only file system" in result(run_program, {"do": "put", "path": path, "bytes": "YQ=="})["error"]


@pytest.mark.parametrize("path", ["/tmp/program", "/dev/shm/program"])
def test_what_it_has_written_is_no_program(run_program: RunProgram, path: str) -> None:
    order = {"do": "put", "path": path, "bytes": "IyEvYmluL3Rvb2wK", "text": "start"}
    assert "permission denied" in result(run_program, order)["error"]


def test_it_starts_where_its_image_says_and_as_no_user_of_the_image(run_program: RunProgram) -> None:
    found = result(run_program, {"do": "surround"})
    assert found["directory"] == "/srv"
    assert found["uid"] >= 100_000


def test_it_is_asked_to_end_before_its_time_is_over_and_may_still_answer(run_program: RunProgram) -> None:
    assert result(run_program, {"do": "await"}, settings=SHORT) == {"asked": True}


@pytest.mark.parametrize(
    "order",
    [{"do": "await", "code": 143}, {"do": "await", "milliseconds": 60_000}, {"do": "sleep", "milliseconds": 60_000}],
    ids=["that ends in its own way", "that takes no notice", "that does not know the signal"],
)
def test_a_program_that_is_asked_to_end_and_gives_no_answer_is_out_of_time(run_program: RunProgram, order: Json) -> None:
    outcome = run_program(order, settings=SHORT).outcome
    assert isinstance(outcome, TimedOut), outcome


def test_a_command_that_is_a_line_for_a_shell_is_not_started(run_program: RunProgram) -> None:
    outcome = run_program({"do": "echo"}, container={"command": ["/bin/tool unwrap"]}).outcome
    assert isinstance(outcome, ToolFailed), outcome
    assert outcome.fault is FaultCode.PROGRAM_NOT_STARTED
