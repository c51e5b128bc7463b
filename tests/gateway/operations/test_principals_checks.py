"""What the doctor says of the principals file."""

import json
from pathlib import Path

from gateway.operations.principals_checks import check_principals

ENTRY = {"tenant": "acme", "agent": "planner", "subject": "ada"}


def test_a_sound_file_is_counted_an_expired_entry_is_named_and_a_broken_file_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "principals.json"
    file.write_text(json.dumps({"a" * 64: ENTRY, "b" * 64: {**ENTRY, "expires": 100.0}}))
    sound, late = check_principals(file, now=99.0), check_principals(file, now=100.0)
    assert (sound.ok, sound.warns, sound.detail.partition(";")[0]) == (True, False, "2 tokens")
    assert (late.ok, late.warns, late.detail) == (True, True, f"expired: {'b' * 16}")
    file.write_text("{")
    broken = check_principals(file)
    assert (broken.ok, "principals file" in broken.detail, bool(broken.cure)) == (False, True, True)
