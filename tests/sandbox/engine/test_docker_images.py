"""Images by the SDK, on a real engine: what is listed, read, built and pulled, and each failure with its cure."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable
from sandbox.engine.docker_images import DockerImages
from sandbox.engine.image_errors import BuildFailed, NoSuchImage, NoSuchImageInRegistry, RegistryRefused, RegistryUnreachable
from sandbox.engine.image_facts import EngineProgress, ImageFiles
from tests.conftest import ENGINE_SOCKET
from tests.sandbox.engine.small_registry import SmallRegistry, small_registry


@pytest.fixture
def images(dockerd: docker.APIClient) -> DockerImages:
    return DockerImages(ENGINE_SOCKET)


@pytest.fixture
def name(dockerd: docker.APIClient) -> Iterator[str]:
    """The name of an image that is removed after the test."""
    name = f"callgate-tests-image:{uuid.uuid4().hex[:12]}"
    yield name
    remove(dockerd, name)


def remove(client: docker.APIClient, name: str) -> None:
    if client.images(name=name):
        client.remove_image(name, force=True)


@pytest.fixture
def registry(images: DockerImages) -> Iterator[SmallRegistry]:
    with small_registry({"tool": b"x" * 100_000}, images.platform()) as registry:
        yield registry


def context(directory: Path, dockerfile: str, **files: str) -> Path:
    for path, text in {"Dockerfile": dockerfile, **files}.items():
        (directory / path).write_text(text)
    return directory


def test_an_image_is_built_of_a_directory_without_what_its_dockerignore_names(
    images: DockerImages, name: str, tmp_path: Path
) -> None:
    place = context(tmp_path, "FROM scratch\nCOPY . /srv/\nUSER 7\nWORKDIR /srv\n", tool="a tool", secret="do not take me")
    (tmp_path / ".dockerignore").write_text("secret\n")
    told: list[EngineProgress] = []
    made = images.build(place, name, told.append)
    assert any("COPY . /srv/" in one.text for one in told)
    assert re.fullmatch("sha256:[0-9a-f]{64}", made.id)
    assert made == images.facts(name) == images.facts(made.id)
    assert (made.names, made.user, made.directory, made.platform) == ((name,), "7", "/srv", images.platform())
    paths = {file.path for file in images.files(name)}
    assert "/srv/tool" in paths
    assert "/srv/secret" not in paths


def test_what_is_built_is_listed(images: DockerImages, name: str, tmp_path: Path) -> None:
    made = images.build(context(tmp_path, "FROM scratch\nCOPY tool /\n", tool="a tool"), name)
    (listed,) = [one for one in images.list() if name in one.names]
    assert (listed.id, listed.size) == (made.id, made.size)


def test_no_container_is_left_of_an_image_that_was_read(
    dockerd: docker.APIClient, images: DockerImages, name: str, tmp_path: Path
) -> None:
    images.build(context(tmp_path, "FROM scratch\nCOPY tool /\n", tool="a tool"), name)
    next(iter(files := images.files(name)))
    files.close()  # type: ignore[attr-defined]
    list(images.files(name))
    assert dockerd.containers(all=True, filters={"ancestor": name}) == []


def test_a_program_is_found_as_a_box_would_start_it(images: DockerImages, name: str, tmp_path: Path) -> None:
    """By its path, by the image's directory, by PATH, and behind links."""
    place = context(tmp_path, "FROM scratch\nCOPY . /opt/\nENV PATH=/bin:/opt\nWORKDIR /opt\n", tool="a tool")
    (tmp_path / "tool").chmod(0o755)
    (tmp_path / "link").symlink_to("/opt/over")
    (tmp_path / "over").symlink_to("tool")
    (tmp_path / "round").symlink_to("round")
    facts = images.build(place, name)
    files = ImageFiles(images.files(name))
    for command in ("/opt/tool", "tool", "./tool", "/opt/link", "link", "../opt/./tool"):
        found = files.program(command, facts)
        assert found is not None, command
        assert found.path == "/opt/tool"
    for command in ("/tool", "nothing", "round", "/opt/round"):
        assert files.program(command, facts) is None, command


def test_a_build_that_fails_says_so_with_its_last_lines(images: DockerImages, name: str, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed) as caught:
        images.build(context(tmp_path, "FROM scratch\nCOPY tool /\nCOPY nothing /\n", tool="a tool"), name)
    assert "COPY nothing /" in caught.value.output[-1]
    assert "nothing" in str(caught.value)


def test_a_dockerfile_for_another_builder_is_told_which(images: DockerImages, name: str, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed) as caught:
        images.build(context(tmp_path, "FROM scratch\nCOPY --chmod=755 tool /\n", tool="a tool"), name)
    assert "docker build" in caught.value.cure


@pytest.mark.parametrize("dockerfile", ["", "FROM", "NO SUCH WORD\n", "FROM scratch\n"])
def test_a_dockerfile_of_which_no_image_is_made_is_no_trouble_of_the_engine(
    images: DockerImages, name: str, tmp_path: Path, dockerfile: str
) -> None:
    with pytest.raises(BuildFailed):
        images.build(context(tmp_path, dockerfile), name)


def test_an_image_is_pulled_with_its_bytes_counted(
    dockerd: docker.APIClient, images: DockerImages, registry: SmallRegistry
) -> None:
    told: list[EngineProgress] = []
    image = registry.image("tool")
    try:
        facts = images.pull(image, told.append)
        assert facts.command == ("/tool",)
        assert {file.path: file for file in images.files(image)}["/tool"].mode == 0o755
        assert images.pull(f"{image}:latest") == facts
    finally:
        remove(dockerd, image)
    assert told[-1].text.startswith("Status: Downloaded newer image")
    assert max(one.total for one in told) in (0, 102_400)  # an engine may tell nothing of what comes at once


def test_an_image_that_a_registry_does_not_have_or_does_not_give(images: DockerImages, registry: SmallRegistry) -> None:
    with pytest.raises(NoSuchImageInRegistry):
        images.pull(registry.image("tool:of-tomorrow"))
    with pytest.raises(RegistryRefused):
        images.pull(registry.image("private"))


def test_a_registry_that_is_not_there(images: DockerImages, free_port: Callable[[], int]) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        images.pull(f"127.0.0.1:{free_port()}/tool")
    assert "callgate image build" in caught.value.cure


def test_an_image_that_the_engine_does_not_have(images: DockerImages) -> None:
    for ask in (images.facts, lambda name: list(images.files(name))):
        with pytest.raises(NoSuchImage) as caught:
            ask("callgate-tests-image:never")
        assert "callgate-tests-image:never" in str(caught.value)
        assert "callgate image list" in caught.value.cure


def test_no_engine_and_what_is_none(tmp_path: Path, run_dir: Path) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        DockerImages(run_dir / "no.sock").list()
    assert caught.value.trouble is EngineTrouble.ABSENT
    (run_dir / "file.sock").write_text("")
    with pytest.raises(EngineUnavailable) as caught:
        DockerImages(run_dir / "file.sock").facts("x")
    assert caught.value.trouble in {EngineTrouble.ABSENT, EngineTrouble.FOREIGN}


def test_an_engine_that_is_named_by_the_environment_is_not_asked(
    images: DockerImages, monkeypatch: pytest.MonkeyPatch, run_dir: Path
) -> None:
    """The gateway's setting names the engine, and no variable of Docker's own command."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{run_dir}/other.sock")
    assert json.dumps(images.platform())
