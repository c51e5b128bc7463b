"""The places in which a kind of credential is known. `registry/credentials/__init__.py` says what each is for."""

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]

#: Every file, tests aside, that adding a kind of credential touches.
PLACES = (
    "registry/credentials/{kind}.py",
    "registry/credentials/kinds.py",
    "registry/manifest/manifest.schema.json",
    "sandbox/runner/credential_{kind}.go",
    "sandbox/runner/credentials.go",
    "sandbox/testing/fake_credentials.py",
)
FOLDERS = ("gateway", "sandbox", "registry", "proto", "clients/python/src", "examples")
SUFFIXES = {".py", ".pyi", ".go", ".json", ".proto", ".lua"}


def places(kind: str) -> set[str]:
    return {place.format(kind=kind) for place in PLACES}


def kinds() -> list[str]:
    """The kinds that the runner has a file for."""
    return sorted(path.stem.removeprefix("credential_") for path in (REPOSITORY / "sandbox/runner").glob("credential_*.go"))


def files_that_name(kind: str) -> set[str]:
    return {path for path, text in texts() if mention(kind).search(text)}


def mention(kind: str) -> re.Pattern[str]:
    """The kind's name in any of the ways in which Python and Go write one: a string, a module, a function, a constant."""
    words = kind.split("_")
    capitals = "".join(word.capitalize() for word in words)
    spellings = (kind, kind.upper(), capitals, capitals[0].lower() + capitals[1:])
    return re.compile(rf"(?<![A-Za-z0-9_])({'|'.join(spellings)})(?![A-Za-z0-9_])")


def texts() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file() and not path.name.endswith("_test.go"):
                yield str(path.relative_to(REPOSITORY)), path.read_text()
