"""`callgate doctor --sandbox`: attacks live boxes as a hostile tool would, and says which attacks they withstood."""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table
from rich.text import Text

from gateway.cli.terminal.output import row, show, table
from gateway.model.config import DOCKER_SOCKET
from gateway.operations.health_checks import ask_engine
from sandbox.adversary.attack import attack
from sandbox.adversary.case import CaseVerdict
from sandbox.adversary.probe_box import ProbeSite
from sandbox.adversary.probe_image import ensure_probe_image
from sandbox.api.errors import EngineUnavailable, SandboxError
from sandbox.engine.docker_answers import trouble_of_connection
from sandbox.engine.docker_engine import DockerEngine
from sandbox.hardening.runtimes import RUNC, RUNSC


@dataclass(slots=True)
class Trial:
    """The attacks on boxes of one runtime, or why there were none."""

    runtime: str
    verdicts: list[CaseVerdict] = field(default_factory=list)
    refusal: str = ""

    @property
    def breaches(self) -> list[CaseVerdict]:
        return [verdict for verdict in self.verdicts if not verdict.held]

    @property
    def failed(self) -> bool:
        """A runtime that the engine lacks is a failure only if it is runc: the gateway refuses boxes of any other it lacks."""
        return bool(self.breaches or (self.refusal and self.runtime == RUNC))


async def attack_boxes(environ: Mapping[str, str]) -> list[Trial]:
    """Attack boxes of each runtime that a tool version may ask for, on the gateway's engine. Raises SandboxError, OSError."""
    socket = Path(environ.get("CALLGATE_DOCKER_SOCKET", DOCKER_SOCKET))
    known = await _runtimes(socket)
    engine = DockerEngine(f"unix://{socket}")
    try:
        with tempfile.TemporaryDirectory(prefix="cg-", dir=environ.get("CALLGATE_RUN_DIR")) as directory:
            image, first_user = await ensure_probe_image(engine), await engine.first_user()
            site = ProbeSite(engine, image, Path(directory), first_user=first_user)
            return [await _try(site, runtime, known) for runtime in (RUNC, RUNSC)]
    finally:
        await engine.close()


async def _runtimes(socket: Path) -> Sequence[str]:
    try:
        facts = await ask_engine(socket, "/info")
    except OSError as error:
        raise EngineUnavailable(f"No container engine answers on {socket}: {error}", trouble_of_connection(error)) from error
    return list(facts["Runtimes"]) if isinstance(facts, dict) and "Runtimes" in facts else []


async def _try(site: ProbeSite, runtime: str, known: Sequence[str]) -> Trial:
    trial = Trial(runtime)
    if runtime not in known:
        trial.refusal = "the engine does not have this runtime, so the gateway refuses tool versions that ask for it"
        return trial
    try:
        async for verdict in attack(site, runtime):
            trial.verdicts.append(verdict)
    except SandboxError as error:
        trial.refusal = str(error)
    return trial


def show_trials(trials: Sequence[Trial], *, every: bool) -> None:
    """Show the table, each attack that succeeded, and each runtime not attacked. `every`: a row for each attack."""
    tried = [trial for trial in trials if trial.verdicts]
    show((_each if every else _grouped)(tried))
    for trial in trials:
        for verdict in trial.breaches:
            show(Text(f"{trial.runtime} did not hold: {verdict}", style="red"))
        if trial.refusal:
            show(Text(f"{trial.runtime}: {trial.refusal}", style="red" if trial.failed else "yellow"))


def _grouped(trials: Sequence[Trial]) -> Table:
    made = table("attacks", *(trial.runtime for trial in trials))
    groups = dict.fromkeys(verdict.case.group for trial in trials for verdict in trial.verdicts)
    for group in groups:
        made.add_row(*row(group), *(_held(trial, group) for trial in trials))
    made.add_section()
    made.add_row(*row("all"), *(_held(trial, None) for trial in trials))
    return made


def _held(trial: Trial, group: str | None) -> Text:
    counts = Counter(verdict.held for verdict in trial.verdicts if group in (None, verdict.case.group))
    return Text(f"{counts[True]} of {counts.total()} held", style="red" if counts[False] else "green")


def _each(trials: Sequence[Trial]) -> Table:
    made = table("attacks", "attack", "box", "runtime", "outcome", "")
    for trial in trials:
        for verdict in trial.verdicts:
            mark = Text("held", style="green") if verdict.held else Text("NOT HELD", style="red")
            cells = row(verdict.case.group, verdict.case.name, verdict.kind, trial.runtime, verdict.outcome.word)
            made.add_row(*cells, mark)
    return made
