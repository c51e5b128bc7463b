"""A tool author's image, honest or not: what it declares changes nothing, or makes it unusable, and troubles no other call."""

import io
import json
import tarfile
import uuid
from collections.abc import Callable, Iterator

import docker
import pytest

from sandbox.api.errors import ImageMissing, ImageUnusable
from sandbox.api.job import Egress
from sandbox.api.result import Completed
from sandbox.api.spec import BoxSpec
from sandbox.pool.pool import DockerPool

from .conftest import RunTool
from .tools import TOOL_LIMITS, tool_job

#: Answers the name of an image made with these lines.
Make = Callable[[str], str]


@pytest.fixture
def build(dockerd: docker.APIClient, tool_image: str) -> Iterator[Make]:
    """Build an image on the tool's with these lines more."""
    names: list[str] = []

    def run(lines: str) -> str:
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            dockerfile = f"FROM {tool_image}\n{lines}\n".encode()
            entry = tarfile.TarInfo("Dockerfile")
            entry.size = len(dockerfile)
            archive.addfile(entry, io.BytesIO(dockerfile))
        name = f"callgate-tests-odd:{uuid.uuid4().hex[:12]}"
        built = list(dockerd.build(fileobj=io.BytesIO(context.getvalue()), custom_context=True, tag=name, rm=True, decode=True))
        assert not any("error" in line for line in built), built
        names.append(name)
        return name

    yield run
    for name in names:
        dockerd.remove_image(name, force=True)


HARMLESS = {
    "a working directory": "WORKDIR /srv/deep",
    "a root user": "USER root",
    "a user that is not there": "USER nobody:nogroup",
    "another way to start": 'ENTRYPOINT ["/bin/nothing"]\nCMD ["at all"]',
    "a health check": "HEALTHCHECK --interval=1s CMD /bin/tool",
    "ports": "EXPOSE 80 443",
    "settings of the runner's language": "ENV GODEBUG=http2debug=2 GOTRACEBACK=crash GOGC=off",
    "a proxy of its own": "ENV HTTPS_PROXY=http://evil.example:1 https_proxy=http://evil.example:1 SSL_CERT_FILE=/nothing",
    "a library to load first": "ENV LD_PRELOAD=/evil.so",
    "a stop signal": "STOPSIGNAL SIGWINCH",
    "a label of ours": "LABEL callgate.gateway=other callgate.box=other",
}


@pytest.mark.parametrize("lines", HARMLESS.values(), ids=HARMLESS.keys())
async def test_what_an_image_declares_changes_nothing(build: Make, run_tool: RunTool, lines: str) -> None:
    result = await run_tool(tool_job({"do": "surround"}, way_out=True), image=build(lines))
    assert isinstance(result, Completed), result
    found = json.loads(result.output)
    environment = dict(entry.split("=", 1) for entry in found["environment"])
    assert found["directory"] == ("/srv/deep" if "WORKDIR" in lines else "/srv")
    assert found["uid"] >= 100_000
    assert environment["SSL_CERT_FILE"] == "/callgate/ca-certificates.crt"
    assert environment["HTTPS_PROXY"] == environment["https_proxy"] == "http://127.0.0.1:3128"


@pytest.fixture
def imported(dockerd: docker.APIClient) -> Iterator[Make]:
    """An image of one empty file, `/file`, with a change that no builder would make."""
    names: list[str] = []

    def run(change: str) -> str:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("file"))
        name = f"callgate-tests-odd-{uuid.uuid4().hex[:12]}"
        dockerd.import_image_from_data(content.getvalue(), repository=name, changes=[change])
        names.append(name)
        return name

    yield run
    for name in names:
        dockerd.remove_image(name, force=True)


UNUSABLE = {
    "a volume": ("VOLUME /data", "declares volumes"),
    "a working directory that is a file": ("WORKDIR /file", "(?i)not a directory"),
}


@pytest.mark.parametrize(("change", "words"), UNUSABLE.values(), ids=UNUSABLE.keys())
async def test_an_image_of_which_no_box_can_be_made_troubles_no_other_call(
    imported: Make, pool: DockerPool, change: str, words: str
) -> None:
    spec = BoxSpec(imported(change), limits=TOOL_LIMITS)
    with pytest.raises(ImageUnusable, match=words):
        async with pool.lease(Egress(), wait=10, spec=spec):
            pass
    async with pool.lease(Egress(), wait=10):
        pass


async def test_an_image_that_is_missing_is_said_to_be(pool: DockerPool) -> None:
    with pytest.raises(ImageMissing, match="callgate-absent"):
        async with pool.lease(Egress(), wait=10, spec=BoxSpec("callgate-absent", limits=TOOL_LIMITS)):
            pass
