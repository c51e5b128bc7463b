"""The operators' commands of principals.md and registry.md, and the principals file that the page shows."""

import hashlib
import json
from pathlib import Path

import pytest

from gateway.records.principals.principals_file import read_principals
from tests.docs.conftest import Stack
from tests.docs.pages import DOCS, fences, follow, shell

PRINCIPALS, REGISTRY = DOCS / "principals.md", DOCS / "registry.md"
pytestmark = pytest.mark.slow


def test_callers_are_let_in_listed_and_shut_out_as_the_page_says(own_stack: Stack) -> None:
    [fence] = [fence for fence in fences(PRINCIPALS) if fence.language == "console"]
    add = fence.body.splitlines()[0].removeprefix("$ ")
    shell(f"{add}; {add}", own_stack.settings)
    listed = json.loads(shell("callgate principal list -o json 2>/dev/null", own_stack.settings))
    one = next(entry["id"] for entry in listed if entry["agent"] == "planner")
    followed = follow(PRINCIPALS, {"0b1c4e5f6a7b8c9d": one, "Yk0uQm…": "…"}, own_stack.settings)
    assert followed.missing() == []
    left = shell("callgate principal list -o json 2>/dev/null", own_stack.settings)
    assert "planner" not in left


def test_a_toolset_is_planned_applied_published_and_withdrawn_as_the_page_says(own_stack: Stack) -> None:
    applied, published = (fence.body for fence in fences(REGISTRY, {"acme": "local"}) if fence.language == "bash")
    shell(applied, own_stack.settings)
    shell(published, own_stack.settings)


def test_the_principals_file_of_the_page_lets_in_whom_it_names(tmp_path: Path) -> None:
    digests = [hashlib.sha256(token).hexdigest() for token in (b"planner", b"operator")]
    changes = {"0b1c…": digests[0], "77fe…": digests[1]}
    [written] = [fence.body for fence in fences(PRINCIPALS, changes) if fence.language == "json"]
    (tmp_path / "principals.json").write_text(written)
    entries = read_principals(tmp_path / "principals.json")
    assert [entries[digest].caller.principal.agent for digest in digests] == ["planner", "operator"]
