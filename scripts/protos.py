"""Generates the SDK's code from proto/, or with --check says whether it is current.

python scripts/protos.py [--check] PYTHON      PYTHON: an interpreter that has grpcio-tools
"""

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PACKAGE = Path("callgate/v1")
HOME = REPOSITORY / "clients/python/src"


def generate(python: str, target: Path) -> None:
    sources = sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "proto").rglob("*.proto"))
    outputs = [f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python")]
    subprocess.run([python, "-m", "grpc_tools.protoc", "-Iproto", *outputs, *sources], cwd=REPOSITORY, check=True)


def stale(python: str) -> list[str]:
    """The names of generated files that differ from what the generator makes now."""
    with tempfile.TemporaryDirectory() as directory:
        generate(python, Path(directory))
        names = [path.name for path in (Path(directory) / PACKAGE).iterdir()]
        _, different, missing = filecmp.cmpfiles(Path(directory) / PACKAGE, HOME / PACKAGE, names, shallow=False)
        return sorted([*different, *missing])


def main() -> int:
    *options, python = sys.argv[1:]
    if options != ["--check"]:
        generate(python, HOME)
        return 0
    found = stale(python)
    if found:
        sys.stderr.write(f"generated code is not current: {', '.join(found)}; run `make protos`\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
