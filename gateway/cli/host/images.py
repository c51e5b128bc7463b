"""`callgate image`: the images of container tools on this machine's engine, pulled, listed, built, and held against a box."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.host.engine_progress import engine_progress_shown
from gateway.cli.host.findings import findings_table
from gateway.cli.host.settings import Home, environment
from gateway.cli.terminal import own_parts
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, absent, refusal
from gateway.cli.terminal.options import Form, Output, taking
from gateway.cli.terminal.output import row, show, show_text, table, tell, tell_cure
from gateway.cli.terminal.words import ANY_BYTES
from gateway.model.config import DOCKER_SOCKET, ConfigInvalid
from gateway.operations.image_checks import TrialRun, check_declared, check_in_box, check_program
from sandbox.api.errors import SandboxError
from sandbox.engine.docker_images import DockerImages
from sandbox.engine.image_errors import BuildFailed, ImageWorkFailed, NoSuchImage
from sandbox.engine.image_facts import ImageFacts, ImageFiles

Image = Annotated[str, typer.Argument(help="its name, such as tools/calculator:1, or sha256:…")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("pull")(pull)
    commands.command("list")(list_images)
    commands.command("build")(build)
    commands.command("check")(check)
    app.add_typer(commands, name="image", help="Pull, list, build and check the images of container tools.")


def engine_site(*, home: Home = None) -> "EngineSite":
    """The engine of a gateway on this machine, and where its boxes' sockets may lie."""
    try:
        environ = environment(home)
    except ConfigInvalid as error:
        raise refusal(error) from None
    return EngineSite(environ)


class EngineSite:
    def __init__(self, environ: dict[str, str]) -> None:
        self.socket = Path(environ.get("CALLGATE_DOCKER_SOCKET") or DOCKER_SOCKET)
        self.run_dir = environ.get("CALLGATE_RUN_DIR")
        self.images = DockerImages(self.socket)


@taking(engine_site)
def pull(site: EngineSite, image: Image, *, form: Output = Form.TABLE) -> None:
    """Pull an image from its registry into this machine's engine. Without a tag or a digest, it is the one tagged latest.

    The gateway pulls none. Registries are shown the logins of `docker login`. The result is the name for a manifest.
    """
    with _told(), engine_progress_shown("Pulling") as on_progress:
        facts = site.images.pull(image, on_progress)
    _show_made(facts, image, form)


@taking(engine_site)
def list_images(site: EngineSite, *, form: Output = Form.TABLE) -> None:
    """List the images of this machine's engine, the newest first. A manifest names one by its id."""
    with _told():
        images = site.images.list()
    if shown_as(form, images):
        return
    listing = table("name", "id", "size", "created", whole=("name", "id"))
    for one in images:
        size, created = f"{one.size / 2**20:,.1f} MiB", f"{one.created:%Y-%m-%d %H:%M}"
        listing.add_row(*row("\n".join(one.names) or "(no name)", one.id, size, created))
    show(listing, empty="The engine has no image.")


@taking(engine_site)
def build(
    site: EngineSite,
    directory: Annotated[
        Path, typer.Argument(help="the directory with the Dockerfile", exists=True, file_okay=False, readable=True)
    ],
    *,
    tag: Annotated[str, typer.Option(help="the image's name, such as tools/calculator:1", metavar="NAME")],
    form: Output = Form.TABLE,
) -> None:
    """Build an image by this machine's engine, from a directory with a Dockerfile. The result is the name for a manifest.

    Where a step fails, its last lines go to stderr, and the exit code is 1.
    """
    if not (directory / "Dockerfile").is_file():
        raise typer.BadParameter(f"{directory} has no Dockerfile", param_hint="DIRECTORY")
    with _told(), engine_progress_shown("Building") as on_progress:
        facts = site.images.build(directory, tag, on_progress)
    _show_made(facts, tag, form)


@taking(engine_site)
def check(
    site: EngineSite,
    image: Image,
    command: Annotated[
        list[str] | None,
        typer.Argument(help="the manifest's command; without it, what the image starts by itself"),
        ANY_BYTES,
    ] = None,
    *,
    arguments: Annotated[
        str | None, typer.Option(help="run it with a call's arguments, one JSON object, in place of {}", metavar="JSON")
    ] = None,
    form: Output = Form.TABLE,
) -> None:
    """Check whether a container tool's image fits a box, and say the cure for what does not. The exit code is 1 if a part
    does not.

    It looks at what the image declares and at its files, and makes a box of it, as a gateway does for a tool whose manifest
    says no more than image and command. In that box the command runs once, and what it missed there is told. The box has no way
    out: nothing leaves it. Write `--` before a command with options of its own: callgate image check IMAGE -- COMMAND -x.
    """
    given = _object(arguments)
    with _told():
        facts = site.images.facts(image)
        named = tuple(command or facts.command)
        findings = check_declared(facts, site.images.platform())
        findings += check_program(facts, ImageFiles(site.images.files(facts.id)), named)
        findings += _in_box(site, facts, _trial(named, given, named_here=bool(command)))
    if not shown_as(form, findings):
        show(findings_table(findings))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(FAILED)


def _in_box(site: EngineSite, facts: ImageFacts, trial: TrialRun) -> list[Any]:
    with tempfile.TemporaryDirectory(prefix="cg-", dir=site.run_dir) as directory:
        return own_parts.run(check_in_box(site.socket, Path(directory), facts, trial))


def _trial(command: tuple[str, ...], arguments: bytes | None, *, named_here: bool) -> TrialRun:
    """What an image starts by itself may be a server: it is run with arguments alone."""
    if arguments is None and named_here:
        return TrialRun(command, b"{}", guessed=True)
    return TrialRun(command, arguments)


def _object(text: str | None) -> bytes | None:
    try:
        parsed = {} if text is None else json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise typer.BadParameter("write one JSON object, such as '{\"id\": 7}'", param_hint="--arguments")
    return None if text is None else text.encode()


def _show_made(facts: ImageFacts, name: str, form: Form) -> None:
    if not shown_as(form, facts):
        show_text(facts.id)
    tell(
        f"{name} is there, for {facts.platform}. A manifest names it by its id; `callgate image check` tells if it fits a box."
    )


@contextmanager
def _told() -> Iterator[None]:
    """An error about an image, or about the engine, goes to stderr with its cure, and ends the program."""
    try:
        yield
    except NoSuchImage as error:
        raise absent(str(error), error.cure) from None
    except BuildFailed as error:
        for line in error.output:
            tell(f"  {line}")
        tell(str(error), style="red")
        tell_cure(error.cure)
        raise typer.Exit(FAILED) from None
    except (ImageWorkFailed, SandboxError) as error:
        raise refusal(error) from None
