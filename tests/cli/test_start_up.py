"""What it costs to start the command line."""

import os
import subprocess
import sys

from typer.testing import CliRunner

from gateway.cli import COMMANDS, build

#: `--help` may take so many times the processor time of the libraries that it is made with.
MOST = 1.5
ROUNDS = 9

LIBRARIES = (sys.executable, "-c", "import typer, rich")
HELP = (sys.executable, "-c", "from gateway.cli import main; main()", "--help")


def seconds(command: tuple[str, ...]) -> float:
    """The processor time of one run, which does not depend on what else the machine does, as its duration would."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def test_to_show_the_help_costs_little_more_than_its_libraries() -> None:
    pairs = [(seconds(LIBRARIES), seconds(HELP)) for _ in range(ROUNDS)]
    # The least of several: what comes on top is of the machine, cold caches above all.
    libraries, shown = (min(times) for times in zip(*pairs, strict=True))
    assert shown <= MOST * libraries, pairs


def test_the_help_imports_no_commands_module_and_no_sdk() -> None:
    code = "import sys; from gateway.cli import build; build()(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    modules = set(done.stdout.split())
    assert "gateway.cli.terminal.later" in modules
    assert not modules & {"callgate", "grpc", "redis", "hvac", *(later.module for later in COMMANDS.values())}


def test_words_are_completed_as_if_every_command_were_there() -> None:
    def completed(words: str) -> list[str]:
        asked = {"_CALLGATE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
        return CliRunner().invoke(build(), [], env=asked, prog_name="callgate").stdout.split()

    assert completed("callgate pr") == ["principal"]
    assert completed("callgate toolset pl") == ["plan"]
