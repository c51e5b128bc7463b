"""Which caller a token stands for, and what the principals file may say."""

from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from gateway.edge.grpc.authentication import Metadata, load_principals
from gateway.model.config import ConfigInvalid
from gateway.model.errors import StoreUnavailable, Unauthenticated
from gateway.model.principal import RIGHTS, Caller, Principal, Rule, rights_of, rule_of
from gateway.records.principals.protocol import TokenTable

TOKEN = "a-token-that-cannot-be-guessed"
DIGEST = sha256(TOKEN.encode()).hexdigest()
ENTRY = {"tenant": "acme", "agent": "planner", "subject": "ada", "tools": ["orders_*"], "may_import": True}
BARE = {name: ENTRY[name] for name in ("tenant", "agent", "subject")}
SENT = [("authorization", f"Bearer {TOKEN}")]


def principals_file(directory: Path, content: object) -> Path:
    path = directory / "principals.json"
    path.write_bytes(orjson.dumps(content))
    return path


def test_a_listed_token_is_its_principal_with_its_rule(tmp_path: Path) -> None:
    authentication = load_principals(principals_file(tmp_path, {DIGEST: ENTRY}))
    # An entry that does not speak of promoting or recording is one of before these were rights: who might import might promote,
    # and who might call might record.
    rule = Rule(("orders_*",), may_import=True, may_promote=True, may_record=True)
    expected = Caller(Principal("acme", "planner", "ada"), rule)
    assert authentication.entry(SENT).caller == expected


def test_a_token_without_rights_may_do_nothing(tmp_path: Path) -> None:
    authentication = load_principals(principals_file(tmp_path, {DIGEST: BARE}))
    assert authentication.entry(SENT).caller.rule == Rule()


@pytest.mark.parametrize("right", RIGHTS)
def test_each_right_of_a_rule_has_a_place_in_the_file_and_a_name(tmp_path: Path, right: str) -> None:
    authentication = load_principals(principals_file(tmp_path, {DIGEST: {**BARE, "may_promote": False, f"may_{right}": True}}))
    rule = authentication.entry(SENT).caller.rule
    assert (rights_of(rule), rule) == ((right,), rule_of((), frozenset({right})))


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [("authorization", "")],
        [("authorization", "Bearer wrong")],
        [("authorization", "Bearer ")],
        [("authorization", f"Basic {TOKEN}")],
        [("authorization", TOKEN)],
        [("authorization", b"Bearer bytes")],
        [("x-authorization", f"Bearer {TOKEN}")],
    ],
)
def test_anything_else_is_refused_alike(tmp_path: Path, metadata: Metadata) -> None:
    authentication = load_principals(principals_file(tmp_path, {DIGEST: ENTRY}))
    authentication.tokens.take_stored(TokenTable(""))
    authentication.tokens.heard(authentication.tokens.clock())
    with pytest.raises(Unauthenticated, match=r"^no valid bearer token$"):
        authentication.entry(metadata)


def test_while_nothing_is_heard_of_the_store_only_the_files_tokens_are_known(tmp_path: Path) -> None:
    authentication = load_principals(principals_file(tmp_path, {DIGEST: ENTRY}))
    assert authentication.entry(SENT)
    with pytest.raises(StoreUnavailable):
        authentication.entry([("authorization", "Bearer another")])


@pytest.mark.parametrize("expires", ["2001-01-31", "2001-01-31T12:00:00Z", 981_000_000, 981_000_000.5])
def test_an_entry_that_has_expired_lets_nobody_in(tmp_path: Path, expires: object) -> None:
    authentication = load_principals(principals_file(tmp_path, {DIGEST: {**ENTRY, "expires": expires}}))
    with pytest.raises(Unauthenticated, match=r"^no valid bearer token$"):
        authentication.entry(SENT)


def test_an_entry_is_valid_until_it_expires(tmp_path: Path) -> None:
    authentication = load_principals(principals_file(tmp_path, {DIGEST: {**ENTRY, "expires": "2999-01-31T12:00:00+01:00"}}))
    assert authentication.entry(SENT).expires == 32_474_775_600.0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "must be an object, of entries"),
        ("text", "must be an object, of entries"),
        ({"00": BARE}, "key of entry 1 is not 64 hexadecimal digits"),
        ({DIGEST: BARE, f"{DIGEST.upper()}": BARE}, "key of entry 2 is not"),
        ({DIGEST: {}}, "tenant, agent, subject must be texts"),
        ({DIGEST: 7}, "must be an object"),
        ({DIGEST: {**BARE, "tenant": 7}}, "tenant, agent, subject must be texts"),
        ({DIGEST: {**BARE, "tools": "orders_*"}}, "tools must be a list"),
        ({DIGEST: {**BARE, "tools": [7]}}, "tools must be a list"),
        ({DIGEST: {**BARE, "may_operate": "no"}}, "a right must be true or false"),
        ({DIGEST: {**BARE, "expires": "tomorrow"}}, "expires must be a moment"),
        ({DIGEST: {**BARE, "expires": True}}, "expires must be a moment"),
        ({DIGEST: {**BARE, "expiry": "2027-01-31T12:00:00Z"}}, "'expiry' is no word of it; there are tenant, "),
        ({DIGEST: {**BARE, "may_recrod": False}}, "'may_recrod' is no word of it"),
    ],
)
def test_a_malformed_file_stops_the_start_and_is_told_where(tmp_path: Path, content: object, told: str) -> None:
    with pytest.raises(ConfigInvalid, match=f"principals file .*{told}"):
        load_principals(principals_file(tmp_path, content))


def test_what_is_no_json_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "principals.json").write_text('{"00": {,}}')
    with pytest.raises(ConfigInvalid, match=r"no JSON: .*line 1 column 9"):
        load_principals(tmp_path / "principals.json")


def test_a_key_that_may_be_the_token_itself_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        load_principals(principals_file(tmp_path, {TOKEN: ENTRY}))
    assert TOKEN not in str(refused.value)


def test_a_right_of_a_later_release_is_none_and_does_not_stop_the_start(tmp_path: Path) -> None:
    authentication = load_principals(principals_file(tmp_path, {DIGEST: {**BARE, "may_fly": True}}))
    assert authentication.entry(SENT).caller.rule == Rule()
