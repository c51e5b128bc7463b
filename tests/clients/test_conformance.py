"""The judge of MCP servers, made by others: the door must pass each of its scenarios, or is said not to offer it."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.lock_files import LOCKS
from scripts.node_environment import node, packages
from tests.clients import judged
from tests.clients.mcp_house import McpHouse, open_mcp_house
from tests.clients.token_proxy import with_token
from tests.conftest import FreePort
from tests.e2e.conftest import OpenHouse

TABLE = yaml.safe_load(Path(__file__).with_name("conformance.yaml").read_text())
SCENARIOS: dict[str, dict[str, Any]] = TABLE["scenarios"]
RUN = [(name, str(revision)) for name, row in SCENARIOS.items() for revision in row.get("must-pass", ())]

#: What a check may be that holds nothing against the door: a warning is about a SHOULD.
HELD = {"SUCCESS", "INFO", "WARNING", "SKIPPED"}


@cache
def judge() -> Path:
    return packages(LOCKS / "conformance") / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"


@pytest.fixture(scope="module")
def mcp_house(open_house: OpenHouse, free_port: FreePort) -> Iterator[McpHouse]:
    with judged.upstream() as url, open_mcp_house(open_house, free_port) as opened:
        opened.house.offer(judged.document(), "judged", url)
        yield opened


def test_the_judge_is_the_one_of_the_table() -> None:
    package = json.loads((LOCKS / "conformance" / "package.json").read_text())
    [(name, version)] = package["dependencies"].items()
    assert TABLE["judge"] == f"{name}@{version}"


def test_each_scenario_must_pass_or_is_not_offered_for_a_reason() -> None:
    for name, row in SCENARIOS.items():
        assert ("must-pass" in row) is not ("not-offered" in row), name
        assert all(isinstance(reason, str) and reason for reason in row.get("except", {}).values()), name


@pytest.mark.slow
def test_the_table_has_each_scenario_that_the_judge_has_for_servers() -> None:
    """At each revision: one that is judged at another one, too, has to be looked at."""
    told = subprocess.run([node().program, judge(), "list", "--server"], capture_output=True, text=True, check=True).stdout
    found = dict(line.strip(" -").split(" ", 1) for line in told.splitlines() if line.startswith("  - "))
    assert set(found) == set(SCENARIOS)
    for name, row in SCENARIOS.items():
        of_ours = {one for one in found[name].strip("[]").split(",") if one in {"2025-11-25", "2026-07-28"}}
        if "must-pass" in row:
            assert {str(one) for one in row["must-pass"]} == of_ours, name


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "revision"), RUN)
async def test_the_door_passes(mcp_house: McpHouse, tmp_path: Path, scenario: str, revision: str) -> None:
    async with with_token(mcp_house.port, mcp_house.token) as port:
        words = (
            "--url",
            f"http://127.0.0.1:{port}/mcp",
            "--scenario",
            scenario,
            "--spec-version",
            revision,
            "-o",
            str(tmp_path),
        )
        process = await asyncio.create_subprocess_exec(
            node().program, judge(), "server", *words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        told, _ = await process.communicate()
    checks = [check for file in tmp_path.glob("*/checks.json") for check in json.loads(file.read_text())]
    excepted = set(SCENARIOS[scenario].get("except", ()))
    failed = {check["id"]: check.get("errorMessage") for check in checks if check["status"] not in HELD}
    assert any(check["status"] == "SUCCESS" for check in checks), told.decode()
    assert {id: why for id, why in failed.items() if id not in excepted} == {}, told.decode()
    if revision == max(str(one) for one in SCENARIOS[scenario]["must-pass"]):
        assert excepted <= set(failed), "what holds by now is no exception any more"
