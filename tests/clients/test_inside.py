"""The tests of the environments, run in them: each of theirs is a subtest here, and none may be skipped."""

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.clients.stage import PythonOf

INSIDE = Path(__file__).parent / "inside"
REPOSITORY = INSIDE.parents[2]
FILES = sorted(INSIDE.glob("*/test_*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}-{file.stem}" for file in FILES])
def test_what_is_tested_in_an_environment_holds(
    file: Path, python_of: PythonOf, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    report = tmp_path / "report.xml"
    command = [python_of(file.parent.name), "-m", "pytest", "-c", str(INSIDE / "pytest.ini"), "--confcutdir", str(INSIDE)]
    command += ["--rootdir", str(REPOSITORY), "-p", "no:cacheprovider", f"--junitxml={report}", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert report.exists(), done.stdout + done.stderr
    cases = ElementTree.parse(report).getroot().iter("testcase")
    for case in cases:
        with subtests.test(case.get("name")):
            assert [told.tag for told in case if told.tag in {"failure", "error", "skipped"}] == [], done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
