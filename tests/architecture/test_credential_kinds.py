"""A kind of credential is known in its places, and nowhere else. `registry/credentials/__init__.py` says what each is for."""

import re
from collections.abc import Iterator

import pytest

from registry.credentials.kind import CredentialKind
from registry.credentials.kinds import KINDS
from registry.manifest.reader import SCHEMA
from sandbox.testing.fake_credentials import FAKE_KINDS

from .test_house import REPOSITORY

#: Every file, tests aside, that adding a kind of credential touches.
PLACES = (
    "registry/credentials/{kind}.py",
    "registry/credentials/kinds.py",
    "registry/manifest/manifest.schema.json",
    "sandbox/runner/credential_{kind}.go",
    "sandbox/runner/credentials.go",
    "sandbox/testing/fake_credentials.py",
)

NAMES = [kind.name for kind in KINDS]
FOLDERS = ("gateway", "sandbox", "registry", "proto", "clients/python/src", "scripts", "examples")
SUFFIXES = {".py", ".pyi", ".go", ".json", ".proto", ".lua"}


def places(kind: str) -> set[str]:
    return {place.format(kind=kind) for place in PLACES}


def texts() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield str(path.relative_to(REPOSITORY)), path.read_text()


def mention(kind: str) -> re.Pattern[str]:
    """The kind's name in any of the ways in which Python and Go write one: a string, a module, a function, a constant."""
    words = kind.split("_")
    capitals = "".join(word.capitalize() for word in words)
    spellings = (kind, kind.upper(), capitals, capitals[0].lower() + capitals[1:])
    return re.compile(rf"(?<![A-Za-z0-9_])({'|'.join(spellings)})(?![A-Za-z0-9_])")


def test_there_are_at_most_six_places() -> None:
    assert len(PLACES) <= 6


@pytest.mark.parametrize("kind", NAMES)
def test_no_other_file_names_a_kind(kind: str) -> None:
    named = {path for path, text in texts() if mention(kind).search(text)}
    assert named - places(kind) == set()


@pytest.mark.parametrize("kind", NAMES)
def test_every_place_knows_the_kind(kind: str) -> None:
    for place in places(kind) - {"registry/manifest/manifest.schema.json"}:
        assert mention(kind).search((REPOSITORY / place).read_text()), place


def test_the_three_tables_have_the_same_kinds() -> None:
    runner = (REPOSITORY / "sandbox/runner/credentials.go").read_text()
    rows = re.search(r"credentialKinds = .*?\{\n(.*?)\n\}", runner, re.DOTALL)
    assert rows is not None
    assert re.findall(r'^\t"(\w+)":', rows[1], re.MULTILINE) == NAMES
    assert list(FAKE_KINDS) == NAMES


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_a_manifest_can_set_every_parameter(kind: CredentialKind) -> None:
    assert kind.parameters <= SCHEMA["$defs"]["credential"]["properties"].keys()


def test_no_room_but_one_looks_into_the_parameters_of_a_kind() -> None:
    readers = {path for path, text in texts() if "kind_parameters" in text and not path.startswith("registry/credentials/")}
    assert readers == {"registry/model/tool.py"}
