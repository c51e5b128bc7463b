"""`python -m scripts.first_hour [WORDS]`: makes the likeliest mistakes of a new user, and follows each cure as it is printed.

The table is `tests/cli/mistakes`. A row holds where the command ends with the documented exit code, prints a cure, and what was
wanted works once that is followed. With WORDS, only the rows whose mistake has them are tried. A line of progress for each row
goes to stderr, a JSON line for each figure to stdout. The exit status is 0 only where every row holds.

It starts one stack, on a home and with a container engine of its own, and stops it by its id; some rows start another one
beside it, on the same engine. It is to be run as root, as `callgate up` is.
"""

import shlex
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import show
from tests.cli.mistakes import MISTAKES
from tests.cli.mistakes.mistake import Mistake, document
from tests.cli.mistakes.newcomer import Newcomer, place, programs
from tests.cli.mistakes.site import open_site
from tests.cli.running_up import callgate, short_home, up

#: Seconds. What is not tried by then has not held.
LONGEST = 840.0


@contextmanager
def newcomer() -> Iterator[Newcomer]:
    """One who has a stack that runs, and a toolset `home` with a tool `read_home`."""
    with short_home() as scratch, open_site() as site:
        engine = {"CALLGATE_DOCKER_SOCKET": str(scratch / "docker.sock")}
        with up(scratch / "stack", **engine) as stack:
            told = exported(stack.said)
            offer_home(scratch, site, told)
            settings = {**told, **engine, "ENGINE": engine["CALLGATE_DOCKER_SOCKET"]}
            yield Newcomer(place(programs(scratch / "bin"), site, settings), frozenset(told))


def exported(said: str) -> dict[str, str]:
    """The variables that `callgate up` tells another shell to export."""
    lines = (line.strip() for line in said.splitlines())
    words = (word for line in lines if line.startswith("export ") for word in shlex.split(line)[1:])
    return dict(word.split("=", 1) for word in words)


def offer_home(scratch: Path, site: str, told: dict[str, str]) -> None:
    file = scratch / "home.yaml"
    file.write_text(document("read_home"))
    done = callgate("toolset", "import", str(file), "--name", "home", "--server", site, **told)
    if done.returncode:
        sys.exit(f"the tools of the shared stack could not be made:\n{done.stdout}{done.stderr}")


def failures(mistakes: Sequence[Mistake], deadline: float) -> dict[str, list[str]]:
    """What did not hold, by the mistake."""
    found: dict[str, list[str]] = {}
    with newcomer() as one:
        for number, mistake in enumerate(mistakes, 1):
            began = time.monotonic()
            wrong = one.make(mistake) if began < deadline else ["there was no time left for it"]
            held = f"{'FAILED' if wrong else 'holds':<7}{time.monotonic() - began:5.1f} s"
            sys.stderr.write(f"{number:>3}/{len(mistakes)}  {held}  {mistake.what}\n")
            if wrong:
                found[mistake.what] = wrong
    return found


def main(words: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped then, too
    began = time.monotonic()
    mistakes = [one for one in MISTAKES if " ".join(words) in one.what]
    failed = failures(mistakes, began + LONGEST)
    for what, wrong in failed.items():
        sys.stderr.write("\n".join([f"\n{what}:", *wrong, ""]))
    show("mistakes", len(mistakes), "rows")
    show("cured", len(mistakes) - len(failed), "rows")
    show("seconds", time.monotonic() - began, "s")
    return 1 if failed or not mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
