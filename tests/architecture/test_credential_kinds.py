"""A kind of credential is known in its places, and nowhere else. `registry/credentials/__init__.py` says what each is for."""

import re

import pytest

from registry.credentials.kind import CredentialKind
from registry.credentials.kinds import KINDS
from registry.manifest.reader import SCHEMA
from sandbox.testing.fake_credentials import FAKE_KINDS
from scripts.credential_places import PLACES, REPOSITORY, files_that_name, kinds, mention, places, texts

NAMES = [kind.name for kind in KINDS]


def test_there_are_at_most_six_places() -> None:
    assert len(PLACES) <= 6


@pytest.mark.parametrize("kind", NAMES)
def test_no_other_file_names_a_kind(kind: str) -> None:
    assert files_that_name(kind) - places(kind) == set()


@pytest.mark.parametrize("kind", NAMES)
def test_every_place_knows_the_kind(kind: str) -> None:
    for place in places(kind) - {"registry/manifest/manifest.schema.json"}:
        assert mention(kind).search((REPOSITORY / place).read_text()), place


def test_the_three_tables_have_the_same_kinds() -> None:
    assert kinds() == sorted(NAMES)
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
