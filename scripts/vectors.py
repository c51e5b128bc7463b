"""What the SDKs of all languages must say alike, as the Python SDK says it: `clients/vectors/*.json`.

    python -m scripts.vectors           write them
    python -m scripts.vectors --check   say whether they are current

`keys.json` has canonical forms, and keys of runs' calls: a run that one SDK has begun, another one goes on with, so what is
there never changes. `answers.json` has what a model is told of calls that ended, of those that go on, and of refusals;
`finding.json` what it is told by the tools that find others.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.vector_cases import answers, finding, keys

HOME = Path(__file__).parents[1] / "clients" / "vectors"


def texts() -> Iterator[tuple[Path, str]]:
    """Each file, and what it must hold."""
    for name, made in (("keys", keys.vectors), ("answers", answers.vectors), ("finding", finding.vectors)):
        yield HOME / f"{name}.json", _written(made())


def _written(vectors: Mapping[str, Any]) -> str:
    """One case a line. Lone surrogates stay escapes, which every parser reads."""
    lists = [f'"{name}": [\n{_lines(cases)}\n]' for name, cases in vectors.items()]
    return "{\n" + ",\n".join(lists) + "\n}\n"


def _lines(cases: list[Any]) -> str:
    return ",\n".join(json.dumps(case) for case in cases)


def main() -> int:
    if sys.argv[1:] != ["--check"]:
        HOME.mkdir(exist_ok=True)
        for path, text in texts():
            path.write_text(text)
        return 0
    stale = [path.name for path, text in texts() if not path.exists() or path.read_text() != text]
    if stale:
        sys.stderr.write(f"not current: {', '.join(stale)}; run `python -m scripts.vectors`\n")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
