"""Whom the principals file of a home lets in."""

import json
from pathlib import Path

import pytest

from gateway.embedded.errors import SettingRefused
from gateway.embedded.identities import admit_operator
from gateway.embedded.state_dir import StateDir
from gateway.records.principals.principals_file import read_principals

OTHER = {"tenant": "acme", "agent": "planner", "subject": "jo", "tools": ["orders_*"], "may_import": True}


@pytest.fixture
def home(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path)


def test_the_operator_has_every_right_and_others_keep_what_their_entries_say(home: StateDir) -> None:
    home.principals.write_text(json.dumps({"0" * 64: OTHER}))
    admit_operator(home)
    found = read_principals(home.principals)
    assert json.loads(home.principals.read_text())["0" * 64] == OTHER
    assert sorted(entry.caller.rule.may_operate for entry in found.values()) == [False, True]


@pytest.mark.parametrize("written", ["{", "[]", json.dumps({"0" * 64: {**OTHER, "expiry": "2027-01-31"}})])
def test_a_file_that_no_gateway_would_read_is_refused_with_its_cure_and_left_as_it_is(home: StateDir, written: str) -> None:
    home.principals.write_text(written)
    with pytest.raises(SettingRefused, match=r"principals\.json") as refused:
        admit_operator(home)
    assert "docs/principals.md" in refused.value.cure
    assert home.principals.read_text() == written
