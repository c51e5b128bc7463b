"""Does an image of a tool author's fit a box? What stands in its way, each with the author's cure."""

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.operations.box_misses import misses
from gateway.operations.doctor import PartFinding, check_user
from registry.calling.program_output import objection
from sandbox.api.errors import SandboxError
from sandbox.api.job import Egress, ProgramJob
from sandbox.api.result import Completed, Result
from sandbox.api.spec import BoxLimits, BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.image_facts import ImageFacts, ImageFile, ImageFiles
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.pool.pool import DockerPool, PoolSettings

#: Bytes. An engine keeps larger ones, too; but each host of a gateway must have the image, and loads it before the first call.
LARGEST = 2 * 2**30

#: Of a container tool whose manifest says nothing else.
LIMITS = BoxLimits(memory=256 * 2**20, processes=64, scratch=16 * 2**20)

_STATUSES = "Status 0 is a result, 75 says `not now`, any other one is a failure of the tool's."

#: Seconds for the box to be made, and for the program to end.
_BOX, _PROGRAM = 30.0, 30.0
_RESULT_BYTES = 2**20

#: Bytes of its output in which a program is looked for what it missed.
_HEARD = 4096


@dataclass(frozen=True, slots=True)
class TrialRun:
    """What is run in a box: the command of the manifest, and a call's arguments as JSON. Without arguments, nothing is run.

    `guessed`: the arguments are none of a call's, so that a program may refuse them and be right.
    """

    command: tuple[str, ...]
    arguments: bytes | None
    guessed: bool = False


def check_declared(facts: ImageFacts, platform: str) -> list[PartFinding]:
    """What the image declares. `platform` is the engine's, as `os/architecture`."""
    volumes = ", ".join(facts.volumes)
    size = f"{facts.size / 2**20:,.1f} MiB"
    return [
        PartFinding("image", True, f"a manifest names it {facts.id}"),
        PartFinding(
            "platform",
            facts.platform == platform,
            f"it is for {facts.platform}, and the engine's host runs {platform}",
            f"Build it for {platform}: `docker build --platform {platform}`.",
        ),
        PartFinding(
            "volumes",
            not volumes,
            f"it declares {volumes}" if volumes else "it declares none",
            "Take VOLUME out of the Dockerfile, and out of the image that it begins with: a volume has unbounded room on the "
            "host's disk, so no box is made of such an image.",
        ),
        _user(facts.user),
        PartFinding(
            "size",
            True,
            size,
            f"Make it smaller than {LARGEST // 2**30} GiB, by a smaller base or a build in two stages: the engine of every "
            "gateway's host must have it.",
            warns=facts.size > LARGEST,
        ),
    ]


def check_program(facts: ImageFacts, files: ImageFiles, command: Sequence[str]) -> list[PartFinding]:
    """Whether a box's user, who is none of the image's, can start the command, and where it finds itself."""
    return [*_entry(facts, command), _directory(facts), _program(facts, files, command), *_set_uid(files)]


async def check_in_box(socket: Path, run_dir: Path, facts: ImageFacts, trial: TrialRun) -> list[PartFinding]:
    """Make a box of the image as a gateway does, run the trial in it, and remove it. The box has no way out."""
    if not (user := check_user()).ok:
        return [
            PartFinding("box", True, "no box was made", f"Run this as root: {user.detail}, who makes no boxes.", warns=True)
        ]
    engine = DockerEngine(f"unix://{socket}")
    try:
        return [found async for found in _tried(engine, run_dir, facts, trial)]
    except SandboxError as error:
        return [PartFinding("box", False, str(error), error.cure)]
    finally:
        await engine.close()


def _user(named: str) -> PartFinding:
    """Whatever user the image names: no box runs as that one."""
    detail = f"{named or 'root'} of the image is not used: each box has a number of its own"
    return PartFinding("user", True, detail)


def _entry(facts: ImageFacts, command: Sequence[str]) -> Iterator[PartFinding]:
    """What the image starts by itself is told where another command is named: a box starts that one, and no shell before it."""
    if facts.command and tuple(command) != facts.command:
        detail = f"{' '.join(facts.command)} of the image is not started: a box starts the manifest's command, and no shell"
        yield PartFinding("entry point", True, detail)


def _directory(facts: ImageFacts) -> PartFinding:
    return PartFinding("directory", True, f"it starts in {facts.directory}, where it cannot write; in /tmp it can")


def _program(facts: ImageFacts, files: ImageFiles, command: Sequence[str]) -> PartFinding:
    if not command:
        cure = "Name the command that the manifest is to have: `callgate image check IMAGE COMMAND…`, or set ENTRYPOINT."
        return PartFinding("program", False, "the image names no entry point", cure)
    name = command[0]
    file = files.program(name, facts)
    if file is None or file.is_directory:
        where = "" if "/" in name else f" in {facts.path}"
        cure = "Copy the program into the image, or correct the command: it is started without a shell."
        return PartFinding("program", False, f"{name} is not in the image{where}", cure)
    return _startable(file, files)


def _startable(file: ImageFile, files: ImageFiles) -> PartFinding:
    if closed := files.closed_above(file.path):
        return PartFinding("program", False, f"not every user may pass through {closed}", f"`RUN chmod a+x {closed}`")
    if not file.mode & 0o001:
        cure = f"`RUN chmod a+rx {file.path}`: the box's user owns no file of the image."
        return PartFinding("program", False, f"not every user may start {file.path} (mode {file.mode & 0o7777:04o})", cure)
    if file.mode & 0o6000:
        cure = f"Let it do its work as an ordinary user, and take the bit away: `RUN chmod a-s {file.path}`."
        return PartFinding("program", True, f"{file.path} is set-uid, which has no effect in a box", cure, warns=True)
    return PartFinding("program", True, f"every user may start {file.path}")


def _set_uid(files: ImageFiles) -> Iterator[PartFinding]:
    if found := files.set_uid:
        detail = f"{len(found):,} programs are set-uid, which has no effect in a box; the first is {found[0]}"
        yield PartFinding("set-uid", True, detail)


async def _tried(engine: DockerEngine, run_dir: Path, facts: ImageFacts, trial: TrialRun) -> AsyncIterator[PartFinding]:
    runner = await ensure_runner_image(engine)
    settings = PoolSettings(size=0, max_boxes=1)
    pool = DockerPool(engine, runner.name, run_dir, f"image-{secrets.token_hex(4)}", settings)
    spec = BoxSpec(facts.id, limits=LIMITS)
    async with pool, pool.lease(Egress(), wait=_BOX, spec=spec) as box:
        yield PartFinding("box", True, "starts with a read-only root, and its runner answers")
        if trial.arguments is None:
            cure = "Run it once, with no way out: --arguments '{…}', as a call would have them."
            yield PartFinding("run", True, "the program was not run", cure, warns=True)
        elif trial.command:
            job = ProgramJob(trial.command, trial.arguments, _PROGRAM, _RESULT_BYTES)
            for found in _ran(await box.run(job, _permitted), guessed=trial.guessed):
                yield found


def _ran(result: Result, *, guessed: bool) -> Iterator[PartFinding]:
    if isinstance(result, Completed):
        yield _end(result, guessed=guessed)
        said = f"{result.errors}\n{result.output[:_HEARD].decode(errors='replace')}" if _had_trouble(result) else ""
    else:
        said = getattr(result, "message", "")
        yield PartFinding("run", False, said, "Look at the message: it is the fault that a call would end with.")
    yield from (PartFinding("missed", False, f"it missed {miss.what}", miss.cure) for miss in misses(said))


def _had_trouble(result: Completed) -> bool:
    return bool(result.exit or result.usage.refused)


def _end(result: Completed, *, guessed: bool) -> PartFinding:
    refused = f"; its box refused it {', '.join(result.usage.refused)}" if result.usage.refused else ""
    said = f": {' '.join(result.errors.split())}" if result.errors else ""
    detail = f"it ended with status {result.exit}{refused}{said}"
    if result.exit and guessed:
        cure = f"It was given no arguments. Run it with a call's: --arguments '{{…}}'. {_STATUSES}"
        return PartFinding("run", True, detail, cure, warns=True)
    if result.exit:
        return PartFinding("run", False, detail, f"Correct the program: {_STATUSES}")
    if (problem := objection(result.output)) is not None:
        return PartFinding("run", False, f"{detail}, and its output {problem}", "Write one JSON value to standard output.")
    return PartFinding("run", True, f"{detail}, and its output is JSON")


async def _permitted() -> float | None:
    return _PROGRAM
