"""Generates the TypeScript client's messages from proto/, or with --check says whether they are current.

python -m scripts.typescript_protos [--check] PYTHON      PYTHON: an interpreter that has grpcio-tools

The reader of proto/ is that of the Python SDK's code, so that there is one reading of it; the writer is `protoc-gen-es`, from
the packages of `clients/typescript/package-lock.json`.
"""

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.node_environment import PACKAGE, node

REPOSITORY = Path(__file__).parents[1]
HOME = PACKAGE / "src" / "v1"
OPTIONS = "target=js+dts,import_extension=js"


def generate(python: str, target: Path) -> None:
    sources = sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "proto").rglob("*.proto"))
    found = node()
    found.install(PACKAGE)
    writer = PACKAGE / "node_modules" / ".bin" / "protoc-gen-es"
    command = [python, "-m", "grpc_tools.protoc", "-Iproto", f"--plugin=protoc-gen-es={writer}"]
    command += [f"--es_out={target}", f"--es_opt={OPTIONS}", *sources]
    subprocess.run(command, cwd=REPOSITORY, env=found.environment, check=True)


def main() -> int:
    *options, python = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        generate(python, Path(directory))
        made = Path(directory) / "callgate" / "v1"
        names = sorted(path.name for path in made.iterdir())
        if options != ["--check"]:
            for name in names:
                (HOME / name).write_bytes((made / name).read_bytes())
        _, different, missing = filecmp.cmpfiles(made, HOME, names, shallow=False)
        more = {path.name for path in HOME.iterdir()} - set(names)
    stale = sorted([*different, *missing, *more])
    if stale:
        sys.stderr.write(f"generated code is not current: {', '.join(stale)}; run `make protos`\n")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
