"""Run each fuzzer in a process of its own, for its share of the time. Ends with 1 where one has found a crash.

python -m tests.fuzz [--seconds 60] [--keep DIRECTORY]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.targets import TARGETS

FUZZERS = {
    "documents": lambda: corpus.structured(corpus.documents()),
    "calls": lambda: corpus.structured(corpus.calls()),
    **{name: target.seeds for name, target in TARGETS.items()},
}
#: Seconds that one input may take; the machine may be a busy one.
SLOWEST = 10
#: MB that the process may grow to.
MEMORY = 2_048


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the registry.")
    parser.add_argument("--seconds", type=int, default=60, help="for all fuzzers together")
    parser.add_argument("--keep", type=Path, help="a directory that does not exist yet, for corpus and crashes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = given.keep or Path(scratch) / "fuzz"
        failed = [name for name in FUZZERS if not _run(name, place, given.seconds // len(FUZZERS))]
    print(f"{len(FUZZERS) - len(failed)} fuzzers passed, {len(failed)} failed")
    return 1 if failed else 0


def _run(name: str, place: Path, seconds: int) -> bool:
    words = corpus.write(place / name, FUZZERS[name]())
    module = ["tests.fuzz.wire", name] if name in TARGETS else [f"tests.fuzz.{name}"]
    bounds = [f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}", "-max_len=20000"]
    paths = [f"-dict={words}", f"-artifact_prefix={place}/{name}-", str(place / name)]
    done = subprocess.run([sys.executable, "-m", *module, "-print_final_stats=1", "-verbosity=0", *bounds, *paths], check=False)
    print(f"{name}: {'no crash' if done.returncode == 0 else 'CRASHED'} in {seconds} s", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
