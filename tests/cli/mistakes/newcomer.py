"""Who makes the mistakes: a shell in which `callgate` is the command of this checkout, and what it says of a row."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.terminal.exit_codes import MEANINGS
from gateway.embedded.ports import free_port
from tests.cli.mistakes.mistake import Mistake, Needs

REPOSITORY = Path(__file__).parents[3]
ORDERS = REPOSITORY / "examples" / "orders" / "openapi.yaml"
#: Seconds for what is typed at once; and for what it has started to end, once it is told to.
PATIENCE, STOPS_WITHIN = 120.0, 60.0

#: Starts a stack, and once it is ready, what stands behind `--`; then it stops the stack by its id. The exit code is that of
#: the command, or that of a stack which did not start.
_UNTIL_READY = """#!/usr/bin/env bash
up=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do up+=("$1"); shift; done
shift
exec {said}< <(exec "${up[@]}" 2>&1)
pid=$!
trap 'kill -TERM $pid 2>/dev/null' EXIT
while IFS= read -r line <&$said; do
  echo "$line"
  [ "$line" = READY ] && break
done
if [ "${line-}" != READY ]; then wait $pid; exit $?; fi
"$@"
code=$?
kill -TERM $pid
cat <&$said >/dev/null
wait $pid
exit $code
"""


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    output: str


def programs(directory: Path) -> Path:
    """A directory with the programs that a newcomer has beside those of the system."""
    python = f"PYTHONPATH={REPOSITORY}:{REPOSITORY}/clients/python/src exec {sys.executable} -P"
    texts = {
        "callgate": f'#!/bin/sh\n{python} -c "from gateway.cli import main; main()" "$@"\n',
        "python": f'#!/bin/sh\n{python} "$@"\n',
        "until-ready": _UNTIL_READY,
    }
    directory.mkdir()
    for name, text in texts.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    return directory


def place(bin_directory: Path, site: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of all rows: SITE serves documents and answers calls, ORDERS is the example's document.

    Each row has beside them: HOME and OWN, an empty home and a path for one of a stack; PORT, on which nothing listens.
    `settings` is what the shared stack has told to export, and ENGINE, the socket of its container engine.
    """
    own = {name: text for name, text in os.environ.items() if not name.startswith(("CALLGATE_", "OTEL_", "DOCKER_"))}
    path = os.pathsep.join([str(bin_directory), os.environ["PATH"]])
    return {**own, "PATH": path, "SITE": site, "ORDERS": str(ORDERS), "COLUMNS": "400", **settings}


class Newcomer:
    """`environ` is a `place`. `shared`: the variables in it that only rows with the shared stack have."""

    def __init__(self, environ: Mapping[str, str], shared: frozenset[str] = frozenset()) -> None:
        self._environ = environ
        self._shared = shared

    def make(self, mistake: Mistake, *, follow: bool = True) -> list[str]:
        """Make the mistake and follow its cure, in a directory of its own. What is not as the table has it; empty: all is.

        A home of a stack has a short path: the kernel bounds those of sockets."""
        with tempfile.TemporaryDirectory(prefix="cgh-", dir="/tmp") as made:
            directory = Path(made)
            (directory / "work").mkdir()
            environ = self._of_row(mistake, directory)
            for name, text in mistake.files.items():
                (directory / "work" / name).write_text(text.replace("$SITE", environ["SITE"]))
            return self._wrong(mistake, directory / "work", environ, follow=follow)

    def _of_row(self, mistake: Mistake, directory: Path) -> dict[str, str]:
        hidden = frozenset() if mistake.needs is Needs.STACK else self._shared
        kept = {name: text for name, text in self._environ.items() if name not in hidden}
        (directory / "home").mkdir()
        own = {"HOME": str(directory / "home"), "OWN": str(directory / "own"), "PORT": str(free_port())}
        return {**kept, **own}

    def _wrong(self, mistake: Mistake, work: Path, environ: Mapping[str, str], *, follow: bool) -> list[str]:
        if mistake.before and (said := _types(f"set -e; {mistake.before}", work, environ)).code:
            return [f"what goes before ended with {said.code}:\n{said.output}"]
        said = _types(mistake.does, work, environ)
        found = re.search(mistake.cure, said.output, re.MULTILINE)
        wrong = []
        if said.code != mistake.code:
            wrong.append(
                f"it ended with {said.code} ({MEANINGS.get(said.code)}), not {mistake.code} ({MEANINGS[mistake.code]})"
            )
        if not found:
            wrong.append(f"it prints no cure that {mistake.cure!r} finds")
        if wrong or not found:
            return [*wrong, f"it printed:\n{said.output}"]
        return _not_cured(mistake, _types(mistake.follows, work, {**environ, **found.groupdict()})) if follow else []


def _not_cured(mistake: Mistake, said: Said) -> list[str]:
    if said.code == 0 and re.search(mistake.works, said.output, re.MULTILINE):
        return []
    return [f"the cure, followed, ended with {said.code}, and {mistake.works!r} was looked for in:\n{said.output}"]


def _types(text: str, directory: Path, environ: Mapping[str, str]) -> Said:
    """Run it to its end. What takes too long is told to stop, all that it has started with it."""
    process = subprocess.Popen(
        ["bash", "-uo", "pipefail", "-c", text],
        cwd=directory, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=PATIENCE)
    except BaseException as error:
        output = _stop(process)
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        return Said(124, f"{output}\nnot done within {PATIENCE:g} s")
    return Said(process.returncode, output)


def _stop(process: "subprocess.Popen[str]") -> str:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        output, _ = process.communicate(timeout=STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
    return output
