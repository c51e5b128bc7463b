"""What stands in the way of a container tool's image, and the cure of each: of images that a real engine has, in real boxes."""

import json
from pathlib import Path

import docker
import pytest

from gateway.operations import image_checks
from gateway.operations.doctor import PartFinding
from gateway.operations.image_checks import LARGEST, TrialRun, check_declared, check_in_box, check_program
from sandbox.engine.docker_images import DockerImages
from sandbox.engine.image_facts import ImageFacts, ImageFile, ImageFiles
from tests.conftest import ENGINE_SOCKET

FITS = ImageFacts("sha256:" + 64 * "a", ("tool:1",), 10_000, "linux/amd64", command=("/tool",))


def files(*entries: ImageFile) -> ImageFiles:
    return ImageFiles(iter(entries))


TOOL = ImageFile("/tool", 0o755)


def wrong(findings: list[PartFinding]) -> dict[str, str]:
    return {one.part: one.cure for one in findings if not one.ok}


def test_an_image_that_fits_has_nothing_wrong_and_is_told_its_name_in_a_manifest() -> None:
    findings = [*check_declared(FITS, "linux/amd64"), *check_program(FITS, files(TOOL), FITS.command)]
    assert [one for one in findings if not one.ok or one.warns] == []
    assert any(FITS.id in one.detail for one in findings)


@pytest.mark.parametrize(
    ("facts", "part", "cure"),
    [
        (ImageFacts("sha256:1", (), 1, "linux/arm64"), "platform", "docker build --platform linux/amd64"),
        (ImageFacts("sha256:1", (), 1, "linux/amd64", volumes=("/data",)), "volumes", "Take VOLUME out"),
    ],
)
def test_what_an_image_declares_and_no_box_can_have(facts: ImageFacts, part: str, cure: str) -> None:
    assert cure in wrong(check_declared(facts, "linux/amd64"))[part]


def test_an_image_that_is_larger_than_most_works_and_is_looked_at() -> None:
    (found,) = [
        one for one in check_declared(ImageFacts("sha256:1", (), LARGEST + 1, "linux/amd64"), "linux/amd64") if one.warns
    ]
    assert (found.part, found.ok) == ("size", True)
    assert "smaller than 2 GiB" in found.cure


@pytest.mark.parametrize("user", ["", "root", "daemon:daemon", "7"])
def test_whatever_user_an_image_names_is_no_fault(user: str) -> None:
    assert wrong(check_declared(ImageFacts("sha256:1", (), 1, "linux/amd64", user=user), "linux/amd64")) == {}


@pytest.mark.parametrize(
    ("found", "command", "cure"),
    [
        (files(TOOL), (), "callgate image check IMAGE COMMAND"),
        (files(TOOL), ("/other",), "Copy the program into the image"),
        (files(TOOL), ("tool",), "Copy the program into the image"),  # no PATH leads to the root
        (files(ImageFile("/tool", 0o755, is_directory=True)), ("/tool",), "Copy the program into the image"),
        (files(ImageFile("/tool", 0o700)), ("/tool",), "RUN chmod a+rx /tool"),
        (files(ImageFile("/tool", 0o644)), ("/tool",), "RUN chmod a+rx /tool"),
        (files(ImageFile("/opt", 0o750, is_directory=True), ImageFile("/opt/tool", 0o755)), ("/opt/tool",), "chmod a+x /opt`"),
    ],
)
def test_a_command_that_a_boxs_user_cannot_start(found: ImageFiles, command: tuple[str, ...], cure: str) -> None:
    assert cure in wrong(check_program(FITS, found, command))["program"]


def test_what_of_the_image_is_not_started_and_where_a_program_may_write_is_told() -> None:
    found = {one.part: one.detail for one in check_program(FITS, files(TOOL), ("/tool", "serve"))}
    assert found["entry point"].startswith("/tool of the image is not started")
    assert "in /tmp it can" in found["directory"]
    assert "entry point" not in {one.part for one in check_program(FITS, files(TOOL), FITS.command)}


def test_set_uid_programs_are_told_and_the_command_itself_is_looked_at() -> None:
    found = check_program(FITS, files(ImageFile("/tool", 0o4755), ImageFile("/bin/su", 0o4755)), ("/tool",))
    (program,), (others,) = ([one for one in found if one.part == part] for part in ("program", "set-uid"))
    assert (program.ok, program.warns) == (True, True)
    assert "chmod a-s /tool" in program.cure
    assert others.ok
    assert others.detail.startswith("2 programs are set-uid")


@pytest.fixture
def facts(dockerd: docker.APIClient, tool_image: str) -> ImageFacts:
    return DockerImages(ENGINE_SOCKET).facts(tool_image)


async def tried(
    facts: ImageFacts, run_dir: Path, order: dict[str, object] | None, program: str = "/bin/tool"
) -> list[PartFinding]:
    arguments = None if order is None else json.dumps(order).encode()
    return await check_in_box(ENGINE_SOCKET, run_dir, facts, TrialRun((program,), arguments))


async def test_the_tests_own_tool_fits_runs_and_leaves_nothing(facts: ImageFacts, run_dir: Path) -> None:
    images = DockerImages(ENGINE_SOCKET)
    findings = check_declared(facts, images.platform())
    findings += check_program(facts, ImageFiles(images.files(facts.id)), ("/bin/tool",))
    findings += await tried(facts, run_dir, {"do": "echo", "text": "hello"})
    assert wrong(findings) == {}
    assert [one.part for one in findings][-2:] == ["box", "run"]
    assert list(run_dir.iterdir()) == []


async def test_a_program_that_was_not_run_is_looked_at(facts: ImageFacts, run_dir: Path) -> None:
    found = (await tried(facts, run_dir, None))[-1]
    assert (found.part, found.ok, found.warns) == ("run", True, True)
    assert "--arguments" in found.cure


@pytest.mark.parametrize(
    ("order", "cure"),
    [
        ({"do": "leave", "code": 3, "text": "no"}, "Status 0 is a result"),
        ({"do": "write", "bytes": "bm90IEpTT04="}, "one JSON value"),
        ({"do": "eat"}, "the fault that a call would end with"),
    ],
)
async def test_a_program_that_fails_in_its_box_fails_here_with_a_cure(
    facts: ImageFacts, run_dir: Path, order: dict[str, object], cure: str
) -> None:
    assert cure in wrong(await tried(facts, run_dir, order))["run"]


@pytest.mark.parametrize(
    ("order", "cure"),
    [
        ({"do": "blurt", "path": "/tmp/none"}, None),
        ({"do": "put", "path": "/srv/cache", "bytes": "YQ==", "fail": True}, "scratch_bytes"),
        ({"do": "lookup", "text": "api.example", "fail": True}, "HTTPS_PROXY"),
        ({"do": "put", "path": "/tmp/x", "bytes": "YQ==", "text": "start", "fail": True}, "into the image"),
    ],
)
async def test_what_a_program_missed_in_its_box_is_told_with_a_cure(
    facts: ImageFacts, run_dir: Path, order: dict[str, object], cure: str | None
) -> None:
    missed = wrong(await tried(facts, run_dir, order)).get("missed")
    assert missed is None if cure is None else cure in (missed or "")


async def test_a_program_that_refuses_arguments_that_were_guessed_is_looked_at(facts: ImageFacts, run_dir: Path) -> None:
    trial = TrialRun(("/bin/tool",), b"{}", guessed=True)
    found = (await check_in_box(ENGINE_SOCKET, run_dir, facts, trial))[-1]
    assert (found.part, found.ok, found.warns) == ("run", True, True)
    assert "--arguments" in found.cure


async def test_a_program_that_is_not_there_is_found_by_its_box(facts: ImageFacts, run_dir: Path) -> None:
    (found,) = [one for one in await tried(facts, run_dir, {}, "/bin/other") if not one.ok]
    assert "/bin/other" in found.detail


async def test_no_box_is_made_of_an_image_with_a_volume(dockerd: docker.APIClient, run_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\nVOLUME /data\n")
    name = "callgate-tests-volume:1"
    made = DockerImages(ENGINE_SOCKET).build(tmp_path, name)
    try:
        assert "volumes" in wrong(check_declared(made, made.platform))
        assert list(wrong(await tried(made, run_dir, None))) == ["box"]
    finally:
        dockerd.remove_image(name, force=True)


async def test_who_is_not_root_is_told_that_no_box_was_made(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_checks, "check_user", lambda: PartFinding("user", False, "runs as user 7"))
    (found,) = await tried(FITS, run_dir, None)
    assert (found.ok, found.warns) == (True, True)
    assert "runs as user 7" in found.cure
