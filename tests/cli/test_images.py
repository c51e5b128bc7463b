"""`callgate image`: results to stdout, progress and errors to stderr, and an exit code for each end."""

import json
import os
import pty
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
import yaml

from sandbox.engine.docker_images import DockerImages
from tests.cli.conftest import Callgate
from tests.conftest import ENGINE_SOCKET
from tests.sandbox.engine.small_registry import small_registry

pytestmark = pytest.mark.docker


@pytest.fixture
def name(dockerd: docker.APIClient) -> Iterator[str]:
    name = f"callgate-tests-image:{uuid.uuid4().hex[:12]}"
    yield name
    if dockerd.images(name=name):
        dockerd.remove_image(name, force=True)


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A directory of which an image is built."""
    (tmp_path / "Dockerfile").write_text('FROM scratch\nCOPY tool /tool\nENTRYPOINT ["/tool"]\n')
    (tmp_path / "tool").write_text("a tool that no processor runs")
    return str(tmp_path)


def test_what_is_built_is_named_as_a_manifest_has_it_and_is_listed(callgate: Callgate, name: str, place: str) -> None:
    done = callgate("image", "build", place, "--tag", name)
    assert done.exit_code == 0, done.output
    assert re.fullmatch("sha256:[0-9a-f]{64}\n", done.stdout)
    id = done.stdout.strip()
    assert f"{name} is there" in done.stderr
    assert any(name in line and id in line for line in callgate("image", "list").stdout.splitlines())
    as_json = json.loads(callgate("image", "list", "-o", "json").stdout)
    assert [one["names"] for one in as_json if one["id"] == id] == [[name]]
    as_yaml = yaml.safe_load(callgate("image", "build", place, "--tag", name, "-o", "yaml").stdout)
    assert (as_yaml["id"], as_yaml["command"]) == (id, ["/tool"])


def test_a_build_that_fails_ends_with_1_and_its_last_lines(callgate: Callgate, name: str, place: str) -> None:
    (Path(place) / "Dockerfile").write_text("FROM scratch\nCOPY tool /\nCOPY missing /\n")
    done = callgate("image", "build", place, "--tag", name)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "COPY missing /" in done.stderr
    assert "Correct the step of the Dockerfile" in done.stderr


def test_a_directory_without_a_dockerfile_is_wrong_usage(callgate: Callgate, tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "nowhere"):
        assert callgate("image", "build", str(directory), "--tag", "x").exit_code == 2


def test_an_image_is_pulled_from_its_registry(dockerd: docker.APIClient, callgate: Callgate) -> None:
    with small_registry({"tool": b"x"}, DockerImages(ENGINE_SOCKET).platform()) as registry:
        image = registry.image("tools/one")
        try:
            done = callgate("image", "pull", image)
            assert done.exit_code == 0, done.output
            assert done.stdout.startswith("sha256:")
        finally:
            dockerd.remove_image(image, force=True)
        missing = callgate("image", "pull", f"{image}:never")
    assert missing.exit_code == 5
    assert "docker login REGISTRY" in missing.stderr


def test_without_a_registry_a_pull_is_refused_with_other_ways_to_an_image(
    dockerd: docker.APIClient, callgate: Callgate, free_port: Callable[[], int]
) -> None:
    done = callgate("image", "pull", f"127.0.0.1:{free_port()}/tool")
    assert done.exit_code == 3
    assert "callgate image build" in done.stderr


@pytest.mark.parametrize("words", [("list",), ("pull", "x"), ("check", "x"), ("build", ".", "--tag", "x")])
def test_without_an_engine_every_command_is_refused_with_its_cure(
    callgate: Callgate, monkeypatch: pytest.MonkeyPatch, place: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CALLGATE_DOCKER_SOCKET", f"{place}/no.sock")
    monkeypatch.chdir(place)
    done = callgate("image", *words)
    assert done.exit_code == 3, done.output
    assert "Start the Docker daemon" in done.stderr


def test_a_check_of_an_image_that_is_not_there_ends_with_5(dockerd: docker.APIClient, callgate: Callgate) -> None:
    done = callgate("image", "check", "callgate-tests-image:never")
    assert done.exit_code == 5
    assert "callgate image list" in done.stderr


def test_an_image_that_fits_is_told_part_by_part(callgate: Callgate, tool_image: str) -> None:
    words = ("image", "check", tool_image, "/bin/tool", "--arguments", '{"do": "echo", "text": "hello"}', "-o", "json")
    done = callgate(*words)
    found = {one["part"]: one for one in json.loads(done.stdout)}
    assert {part: one["cure"] for part, one in found.items() if not one["ok"]} == {}
    assert done.exit_code == 0
    assert set(found) == {"image", "platform", "volumes", "user", "size", "directory", "program", "box", "run"}


def test_a_command_after_dashes_is_run_in_a_box_and_what_it_misses_is_told(callgate: Callgate, tool_image: str) -> None:
    done = callgate("image", "check", tool_image, "-o", "json", "--", "/bin/tool", "unwrap")
    found = {one["part"]: one for one in json.loads(done.stdout)}
    assert done.exit_code == 0, done.output
    assert (found["run"]["warns"], "status 1" in found["run"]["detail"]) == (True, True)
    order = json.dumps({"do": "put", "path": "/srv/cache", "bytes": "YQ==", "fail": True})
    missing = callgate("image", "check", tool_image, "--arguments", order, "--", "/bin/tool")
    assert missing.exit_code == 1
    assert "it missed a place to write" in missing.stdout


def test_an_image_that_does_not_fit_ends_with_1_and_the_cure(callgate: Callgate, tool_image: str) -> None:
    done = callgate("image", "check", tool_image, "/bin/other")
    assert done.exit_code == 1
    assert "/bin/other is not in the image" in done.stdout
    assert "Copy the program into the image" in done.stdout


@pytest.mark.parametrize("arguments", ["7", "{", '{"a": NaN'])
def test_arguments_that_are_no_object_are_wrong_usage(callgate: Callgate, arguments: str) -> None:
    assert callgate("image", "check", "x", "--arguments", arguments).exit_code == 2


@pytest.mark.slow
def test_a_terminal_shows_how_far_the_engine_is_and_a_pipe_does_not(dockerd: docker.APIClient, name: str, place: str) -> None:
    command = [str(Path(sys.executable).with_name("callgate")), "image", "build", place, "--tag", name]
    environ = os.environ | {"COLUMNS": "200", "TERM": "xterm-256color"}
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=60)
        shown = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Building" in shown
    assert done.stdout.startswith(b"sha256:")
    piped = subprocess.run(command, env=environ, capture_output=True, check=True, timeout=60, text=True)
    assert "Building" not in piped.stdout + piped.stderr
