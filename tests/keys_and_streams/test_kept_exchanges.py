"""What a call was asked and answered, where the manifest has it kept."""

import html
import json
import subprocess
from datetime import timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from callgate import Exchange, Invocation, RetryPolicy, Succeeded, TimedOut
from callgate.errors import CallgateError, InvocationNotFound, NotPermitted
from tests.e2e.house import House
from tests.real_apis.asking import SECRET, operation
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.recipes import HANG, Answer, Recipes, answer
from tests.real_apis.test_text_answers import ran

from .streaming import SHORT, SSE_PARTS

BOTH: Json = {"arguments": True, "answers": True}
BODY: Json = {
    "type": "object",
    "properties": {"prompt": {"type": "string"}, "pass": {"type": "string", "format": "password"}, "max_tokens": {}},
}


@pytest.fixture
def chat(situation: Situate, recipes: Recipes) -> "Chat":
    return Chat(situation, recipes)


class Chat:
    """A tool `ask` that takes a body, answered as a test says."""

    def __init__(self, situate: Situate, recipes: Recipes) -> None:
        self._situate, self._recipes = situate, recipes

    def told(self, told: Answer, keep: Any, **options: Any) -> Situation:
        self._recipes.tell("POST", "/ask", told)
        body: Json = {"requestBody": {"content": {"application/json": {"schema": BODY}}}}
        settings = {**options.pop("settings", {}), **({"keep": keep} if keep is not None else {})}
        return self._situate({"/ask": operation("post", **body)}, manifest={"defaults": settings}, **options)


def kept(house: House, called: Invocation) -> Exchange:
    return house.client.invocations.exchange(called.id)


def test_what_was_asked_and_answered_is_on_record_to_the_letter(chat: Chat, house: House) -> None:
    asked = {"body": {"prompt": "Tell me of tea. " * 1000, "max_tokens": 17}}
    called = chat.told(answer(200, b'{"text": "Tea."}'), BOTH).call("ask", asked, run_id="run 7")
    found = kept(house, called)
    assert (found.id, found.tool, found.tool_digest) == (called.id, called.tool, called.tool_digest)
    assert (found.agent, found.subject, found.run_id) == ("operator", "operator", "run 7")
    assert found.arguments == asked
    assert isinstance(found.outcome, Succeeded)
    assert found.outcome.result.body == b'{"text": "Tea."}'
    assert found.expires - found.ended == timedelta(days=30)


NOTHING = {"nothing said": None, "null": None, "both off": {"arguments": False, "answers": False}}


@pytest.mark.parametrize("keep", NOTHING.values(), ids=NOTHING.keys())
def test_nothing_is_kept_where_the_manifest_does_not_say_so(chat: Chat, house: House, keep: Any) -> None:
    called = chat.told(answer(200), keep).call("ask", {"body": {"prompt": "Hello"}})
    with pytest.raises(InvocationNotFound, match="nothing is kept"):
        kept(house, called)


def test_each_part_is_kept_alone(chat: Chat, house: House) -> None:
    asked = kept(house, chat.told(answer(200), {"arguments": True}).call("ask", {"body": {"prompt": "Hello"}}))
    assert (asked.arguments, asked.outcome) == ({"body": {"prompt": "Hello"}}, None)
    answered = kept(house, chat.told(answer(200), {"answers": True, "for": 60}).call("ask", {"body": {"prompt": "Hello"}}))
    assert (answered.arguments, answered.expires - answered.ended) == (None, timedelta(seconds=60))
    assert isinstance(answered.outcome, Succeeded)


def test_no_secret_is_kept(chat: Chat, house: House) -> None:
    made = chat.told(answer(200, json.dumps({"echo": SECRET}).encode()), BOTH, secret=SECRET)
    found = kept(house, made.call("ask", {"body": {"prompt": "Hello", "pass": "hunter2", "api_key": "sk-1"}}))
    assert found.arguments == {"body": {"prompt": "Hello", "pass": "[redacted]", "api_key": "[redacted]"}}
    assert isinstance(found.outcome, Succeeded)
    assert found.outcome.result.body == b'{"echo": "[REDACTED]"}'


ECHOES = {
    "as it is": lambda text: json.dumps({"echo": text}),
    "in a text": lambda text: json.dumps({"message": f"no such user: <{text}>"}),
    "as JSON in a text": lambda text: json.dumps({"message": json.dumps({"pass": text})}),
    "in escapes": lambda text: '{"echo": "' + "".join(f"\\u{ord(one):04x}" for one in text) + '"}',
    "in a URL": lambda text: json.dumps({"url": f"https://example.com/?p={quote_plus(text)}"}),
    "in a page": lambda text: f"<p>{html.escape(text)}</p>",
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES.keys())
@pytest.mark.parametrize("keep", [BOTH, {"answers": True}], ids=["both", "answers alone"])
def test_what_the_arguments_are_kept_without_is_in_no_kept_answer(chat: Chat, house: House, echo: Any, keep: Json) -> None:
    password = 'hunter2 "& größer"/'
    told = answer(200, echo(password).encode(), f"Location: /users/{quote(password)}", "Content-Type: application/json")
    called = chat.told(told, keep).call("ask", {"body": {"prompt": "Hello", "pass": password}})
    found = kept(house, called)
    assert isinstance(found.outcome, Succeeded)
    assert isinstance(called.outcome, Succeeded)
    body = called.outcome.result.body
    assert b"hunter2" in body or "hunter2" in json.loads(body)["echo"], "its caller has it"
    assert b"[redacted]" in found.outcome.result.body
    assert b"hunter2" not in found.outcome.result.body
    assert b"\\u0068" not in found.outcome.result.body
    assert "hunter2" not in str([*found.outcome.result.headers.values(), *found.outcome.result.links.values()])


def test_json_in_a_text_is_kept_without_what_its_names_call_secret(chat: Chat, house: House) -> None:
    secret = {"user": "ada", "password": "hunter2-canary", "more": json.dumps([{"api_key": "sk-canary"}]), "max_tokens": 5}
    plain = '{"user":  "ada",\n "n": 1.0}'
    asked = {"body": {"prompt": json.dumps(secret), "plain": plain}}
    found = kept(house, chat.told(answer(200, json.dumps({"echo": "sk-canary"}).encode()), BOTH).call("ask", asked))
    assert found.arguments is not None
    assert isinstance(found.outcome, Succeeded)
    inner = json.loads(found.arguments["body"]["prompt"])
    assert (inner["user"], inner["password"], inner["max_tokens"]) == ("ada", "[redacted]", 5)
    assert json.loads(inner["more"]) == [{"api_key": "[redacted]"}]
    assert found.arguments["body"]["plain"] == plain, "to the letter, where nothing is secret"
    assert found.outcome.result.body == b'{"echo": "[redacted]"}'


def test_nothing_below_or_beside_a_secret_name_is_kept_and_a_kept_answer_stays_json(chat: Chat, house: House) -> None:
    asked = {"passwords": ["canary-1"], "otp": 918273, "headers": [{"name": "Cookie", "value": "canary-2"}], "max_tokens": 5}
    told = answer(200, b'{"n":918273,"a":["canary-1","\\u0063anary-2"]}')
    found = kept(house, chat.told(told, BOTH).call("ask", {"body": {"prompt": "Hello", **asked}}))
    hidden = "[redacted]"
    headers = [{"name": "Cookie", "value": hidden}]
    wanted = {"prompt": "Hello", "passwords": [hidden], "otp": hidden, "headers": headers, "max_tokens": 5}
    assert found.arguments == {"body": wanted}
    assert isinstance(found.outcome, Succeeded)
    assert json.loads(found.outcome.result.body) == {"n": hidden, "a": [hidden, hidden]}


def test_a_stream_is_kept_as_far_as_it_came(chat: Chat, house: House) -> None:
    made = chat.told([*SSE_PARTS, HANG], BOTH, settings=SHORT["defaults"])
    found = kept(house, made.call("ask", {"body": {"prompt": "Hello"}}))
    assert isinstance(found.outcome, TimedOut)
    assert found.outcome.result is not None
    assert found.outcome.result.body == b"data: 1\n\ndata: 2\n\n"


def test_what_is_kept_is_for_those_who_may_see_the_call(chat: Chat, recipes: Recipes, house: House) -> None:
    called = chat.told(answer(200), BOTH).call("ask", {"body": {"prompt": "Hello"}})
    stranger = house.client.principals.add("local", "stranger", "bob", tools=["*"], rights=[])
    assert stranger.token is not None
    with house.connect(RetryPolicy(), stranger.token) as other:
        with pytest.raises(InvocationNotFound):
            other.invocations.exchange(called.id)
        with pytest.raises(NotPermitted):
            other.invocations.erase_exchanges("local")
    house.client.principals.revoke(id=stranger.principal.id)


def test_an_operator_erases_what_is_kept_of_a_tenant_and_the_calls_stay(chat: Chat, house: House) -> None:
    called = chat.told(answer(200), BOTH).call("ask", {"body": {"prompt": "Hello"}})
    assert house.client.invocations.erase_exchanges("local") >= 1
    with pytest.raises(InvocationNotFound):
        kept(house, called)
    assert house.client.invocations.get(called.id).outcome == called.outcome


def test_the_command_line_shows_it(chat: Chat, house: House) -> None:
    called = chat.told(answer(200, b'{"text": "Tea."}'), BOTH).call("ask", {"body": {"prompt": "Hello"}})
    done: subprocess.CompletedProcess[bytes] = ran(house, "exchange", "show", called.id)
    assert done.returncode == 0, done.stderr
    assert b'asked: {"body": {"prompt": "Hello"}}' in done.stdout
    assert b'{"text": "Tea."}' in done.stdout
    data = json.loads(ran(house, "exchange", "show", called.id, "-o", "json").stdout)
    assert data["arguments"] == {"body": {"prompt": "Hello"}}
    assert ran(house, "exchange", "erase", "local").returncode == 0
    assert ran(house, "exchange", "show", called.id).returncode == 5


MISTAKES = {
    "a word that is none": {"answer": True},
    "a time of no length": {"answers": True, "for": 0},
    "a time for ever": {"answers": True, "for": 1e9},
    "a text": "all",
    "nothing": {},
}


@pytest.mark.parametrize("keep", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_setting_that_means_nothing_is_refused_with_its_place(chat: Chat, keep: Any) -> None:
    with pytest.raises(CallgateError, match=r"manifest, .*keep"):
        chat.told(answer(200), keep)
