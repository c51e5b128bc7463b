from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from gateway.decisions.policy import Rule
from gateway.edge.grpc.authentication import Metadata, load_principals
from gateway.model.config import ConfigInvalid
from gateway.model.errors import Unauthenticated

TOKEN = "a-token-that-cannot-be-guessed"
ENTRY = {"tenant": "acme", "agent": "planner", "subject": "ada", "tools": ["orders_*"], "may_import": True}


def principals_file(directory: Path, content: object) -> Path:
    path = directory / "principals.json"
    path.write_bytes(orjson.dumps(content))
    return path


def test_a_listed_token_is_its_principal_with_its_rule(tmp_path: Path) -> None:
    authentication = load_principals(principals_file(tmp_path, {sha256(TOKEN.encode()).hexdigest(): ENTRY}))
    principal = authentication.authenticate([("authorization", f"Bearer {TOKEN}")])
    assert (principal.tenant, principal.agent, principal.subject) == ("acme", "planner", "ada")
    # A file that does not speak of promoting is one of before it was a right: who might import might promote.
    assert authentication.rules[principal] == Rule(("orders_*",), may_import=True, may_promote=True)


def test_a_principal_without_rules_may_do_nothing(tmp_path: Path) -> None:
    bare = {name: ENTRY[name] for name in ("tenant", "agent", "subject")}
    authentication = load_principals(principals_file(tmp_path, {"00": bare}))
    assert list(authentication.rules.values()) == [Rule()]


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [("authorization", "")],
        [("authorization", "Bearer wrong")],
        [("authorization", f"Basic {TOKEN}")],
        [("authorization", TOKEN)],
        [("authorization", b"Bearer bytes")],
        [("x-authorization", f"Bearer {TOKEN}")],
    ],
)
def test_anything_else_is_refused_alike(tmp_path: Path, metadata: Metadata) -> None:
    authentication = load_principals(principals_file(tmp_path, {sha256(TOKEN.encode()).hexdigest(): ENTRY}))
    with pytest.raises(Unauthenticated, match=r"^no valid bearer token$"):
        authentication.authenticate(metadata)


@pytest.mark.parametrize("content", [[], {"00": {}}, {"00": 7}, "text"])
def test_a_malformed_file_stops_the_start(tmp_path: Path, content: object) -> None:
    with pytest.raises(ConfigInvalid, match="principals file"):
        load_principals(principals_file(tmp_path, content))
