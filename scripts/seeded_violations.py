"""`python -m scripts.seeded_violations`: the rules of the rooms are shown to bite.

It copies the tree, adds to a room a new file with an import that its rule forbids, and expects the import linter to refuse it.
Exit status 0 only where it keeps the copy as it is, and refuses each violation for the import that was seeded.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("gateway", "sandbox", "registry", "clients/python/src/callgate")
LINTER = REPOSITORY / ".venv" / "bin" / "lint-imports"
KEPT, BROKEN = 0, 1


@dataclass(frozen=True, slots=True)
class Violation:
    """An import of `imported`, in a new file of `room`."""

    room: str
    imported: str

    @property
    def module(self) -> str:
        return f"{self.room}.seeded_violation"

    def __str__(self) -> str:
        return f"{self.room} → {self.imported}"

    def sow(self, copy: Path) -> Path:
        path = copy.joinpath(*self.module.split(".")).with_suffix(".py")
        path.write_text(f"import {self.imported}\n")
        return path


VIOLATIONS = (
    Violation("gateway.decisions", "gateway.pipeline.invoker"),
    Violation("gateway.pipeline", "gateway.records.redis.client"),
    Violation("registry.model", "registry.compiler.compiler"),
    Violation("sandbox.pool", "docker"),
)


def copy_tree(to: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, to / package, ignore=shutil.ignore_patterns("__pycache__", "callgate-*"))
    shutil.copy(REPOSITORY / "pyproject.toml", to)


def lint(copy: Path) -> subprocess.CompletedProcess[str]:
    """Lint the copy, and nothing else: its packages come before those that are installed."""
    environment = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{copy / 'clients/python/src'}"}
    return subprocess.run([LINTER, "--no-cache"], cwd=copy, env=environment, check=False, capture_output=True, text=True)


def is_refused(copy: Path, violation: Violation) -> bool:
    """Whether the linter breaks over this very import: a crash, or another violation, is no refusal."""
    seeded = violation.sow(copy)
    try:
        found = lint(copy)
    finally:
        seeded.unlink()
    return found.returncode == BROKEN and f"{violation.module} -> {violation.imported}" in found.stdout.replace("\n", " ")


def main(show: Callable[[str], None] = print) -> int:
    if not LINTER.exists():
        subprocess.run(["make", "--silent", ".venv/installed-check"], cwd=REPOSITORY, check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        copy_tree(copy)
        clean = lint(copy)
        if clean.returncode != KEPT:
            show(f"the tree itself breaks the rules:\n{clean.stdout}{clean.stderr}")
            return 1
        refused = [is_refused(copy, violation) for violation in VIOLATIONS]
    for violation, is_so in zip(VIOLATIONS, refused, strict=True):
        show(f"{violation}: {'refused' if is_so else 'NOT REFUSED'}")
    show(f"{sum(refused)} of {len(VIOLATIONS)} refused")
    return 0 if all(refused) else 1


if __name__ == "__main__":
    sys.exit(main())
