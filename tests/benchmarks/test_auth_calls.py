"""The calls of `specs` with credentials: kinds that the collection lacks work, too, and what proves nothing is told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.auth_calls import prove, surroundings, try_one
from benchmarks.auth_kinds import Combination, Part
from benchmarks.auth_locks import Lock, Locksmith
from benchmarks.auth_tally import Example, count
from registry.document.loading import load
from registry.model.tool import JsonObject
from tests.real_apis.certificates import Authority

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("dockerd")]

SCHEMES: JsonObject = {
    "basic": {"type": "http", "scheme": "basic"},
    "certificate": {"type": "mutualTLS"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "openid": {"type": "openIdConnect", "openIdConnectUrl": "https://login.example/.well-known/openid-configuration"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
}
REQUIRED: list[JsonObject] = [
    {"certificate": []},
    {"certificate": [], "query": []},
    {"basic": [], "cookie": []},
    {"openid": ["a", "b c"], "cookie": []},
]


def examples(specs: Path) -> dict[Combination, Example]:
    paths = {
        f"/{index}": {"get": {"security": [one], "responses": {"200": {"description": "Done."}}}}
        for index, one in enumerate(REQUIRED)
    }
    document = {"openapi": "3.1.0", "info": {"title": "Called", "version": "1"}, "paths": paths}
    raw = json.dumps(document | {"components": {"securitySchemes": SCHEMES}}).encode()
    (specs / "called.json").write_bytes(raw)
    return {kinds: found.example for kinds, found in count(load(raw), "called.json", len(raw)).found.items()}


@pytest.mark.slow
async def test_kinds_that_the_collection_does_not_have_work_too(tmp_path: Path) -> None:
    found = examples(tmp_path)
    assert len(found) == len(REQUIRED)
    assert set((await prove(found, tmp_path)).values()) == {""}


class Careless(Locksmith):
    """Of a server that takes any secret for right."""

    def _lock(self, part: Part, scopes: tuple[str, ...]) -> Lock:
        return replace(super()._lock(part, scopes), check=lambda _: "")


@pytest.mark.slow
async def test_a_server_that_takes_anything_and_one_that_takes_nothing_are_told(tmp_path: Path) -> None:
    found, raw = examples(tmp_path), (tmp_path / "called.json").read_bytes()
    certificate = found[Part("mutualTLS"),]
    password = found[Part("apiKey", "cookie", "sid"), Part("http basic")]
    async with surroundings() as around:
        careless = replace(around, locksmith=Careless(around.server, Authority()))
        assert await try_one(careless, "careless", password, raw) == "a wrong secret is let in, or not asked for: basic"
        stranger = replace(around, locksmith=Locksmith(around.server, Authority("Of strangers")))
        assert "unknown certificate authority" in await try_one(stranger, "stranger", certificate, raw)
