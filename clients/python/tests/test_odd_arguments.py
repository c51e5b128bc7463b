"""Every verb takes any value in any place, and raises a CallgateError at worst: both clients, one table.

What a parameter does not take is refused with a cure before anything is sent.
"""

import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from grpc import StatusCode

from callgate import (
    AnswerEvent,
    AsyncClient,
    AsyncInvocationHandle,
    AsyncRun,
    Client,
    CredentialSource,
    DeclareFailed,
    DeclareSucceeded,
    Lock,
    Mode,
    Recording,
    RetryPolicy,
    errors,
    messages,
    occurrences,
)
from callgate.keys import new_key
from callgate.recorded import RecordedRun, dump
from callgate.retry import Pacing
from callgate.session import Session
from clients.python.tests.conftest import TOKEN, Gateway
from clients.python.tests.nouns import nouns_of, verbs_of

ODD: dict[str, Any] = {
    "none": None,
    "false": False,
    "true": True,
    "zero": 0,
    "five": 5,
    "below zero": -1,
    "beyond every double": 10**400,
    "too long to write out": 10**5000,
    "a fraction": 1.5,
    "nan": math.nan,
    "infinity": math.inf,
    "1e308": 1e308,
    "empty text": "",
    "digits": "5",
    "a line end": "a\nb",
    "a NUL": "\0",
    "300 characters": "x" * 300,
    "5 MB": "x" * 5_000_000,
    "a lone surrogate": "\ud800",
    "bytes": b"x",
    "empty list": [],
    "a list of none": [None],
    "a list of a text": ["x"],
    "empty dict": {},
    "a dict of what is not JSON": {"x": object()},
    "an object": object(),
    "a class": type,
}

TEXT = {"digits", "a line end", "a NUL", "300 characters", "5 MB"}
SECONDS = {"five", "a fraction", "none"}
ENDLESS = SECONDS | {"zero", "infinity"}
WHOLE = {"zero", "five"}
FLAG = {"true", "false"}


@dataclass(frozen=True)
class Parameter:
    """A value that fits, and the names of the odd ones that do."""

    fitting: Any
    takes: set[str]


ID = Parameter("inv-1", TEXT)
TOOL = Parameter("orders_get", TEXT)
TOOLSET = Parameter("orders", TEXT | {"none", "empty text"})
REASON = Parameter("because", TEXT | {"empty text"})
KEY = Parameter("14", TEXT | {"a lone surrogate"})
SEEN = Parameter(1, WHOLE | {"none"})
OPTIONAL_KEY = Parameter("14", TEXT | {"a lone surrogate", "none"})
RUN_ID = Parameter("thread-7", {"digits"})
OPTIONAL_RUN_ID = Parameter("thread-7", {"digits", "none", "empty text"})
ARGUMENTS = Parameter({"a": 1}, {"empty dict"})
CALL_TIMEOUT = Parameter(5, SECONDS)
WAIT = Parameter(5, SECONDS | {"zero"})
SWITCH = Parameter(False, FLAG)
BYTES = Parameter(b"{}", {"bytes"})
FORM = Parameter("STRICT", {"none"})
WORDS = Parameter("x", TEXT | {"empty text"})
LABELLED = Parameter({"team": "billing"}, {"empty dict"})
ENDING = Parameter("FAILED", set())

PLACE = {
    "tool": TOOL,
    "arguments": ARGUMENTS,
    "step": Parameter(3, TEXT | {"zero", "five", "below zero", "beyond every double", "a lone surrogate"}),
    "occurrence": Parameter(0, WHOLE),
    "call_id": Parameter(None, TEXT | {"none", "a lone surrogate"}),
    "once": SWITCH,
}
IMPORT = {
    "document": BYTES,
    "toolset": WORDS,
    "server": WORDS,
    "credentials": Parameter([CredentialSource("a", "b", "c")], {"empty list"}),
    "require_approval": Parameter(["a"], {"empty list", "a list of a text"}),
    "origin": WORDS,
    "manifest": BYTES,
    "require_promotion": SWITCH,
    "overlays": Parameter([b"{}"], {"empty list"}),
    "on_progress": Parameter(None, {"none", "a class"}),
}
#: Of each noun, of each of its verbs, of each of its parameters.
VERBS: dict[str, dict[str, dict[str, Parameter]]] = {
    "client": {
        "call": {
            "tool": TOOL,
            "arguments": ARGUMENTS,
            "key": OPTIONAL_KEY,
            "run_id": OPTIONAL_RUN_ID,
            "timeout": CALL_TIMEOUT,
            "wait": WAIT,
            "schema_form": FORM,
        },
        "stream": {
            "tool": TOOL,
            "arguments": ARGUMENTS,
            "key": OPTIONAL_KEY,
            "run_id": OPTIONAL_RUN_ID,
            "timeout": CALL_TIMEOUT,
            "schema_form": FORM,
        },
        "run": {"id": RUN_ID},
        "close": {},
    },
    "run": {
        "key": PLACE,
        "find": PLACE,
        "call": {**PLACE, "timeout": CALL_TIMEOUT, "wait": WAIT, "schema_form": FORM},
        "start": {"plan": BYTES, "labels": LABELLED},
        "save": {"state": BYTES},
        "end": {"status": ENDING, "reason": REASON},
    },
    "runs": {
        "start": {"run_id": RUN_ID, "plan": BYTES, "labels": LABELLED},
        "get": {"run_id": RUN_ID, "agent": WORDS, "subject": WORDS},
        "list": {"statuses": Parameter(["RUNNING"], {"empty list"}), "labels": LABELLED},
        "save": {"run_id": RUN_ID, "state": BYTES, "version": Parameter(1, WHOLE)},
        "end": {"run_id": RUN_ID, "status": ENDING, "reason": REASON},
        "kill": {"run_id": RUN_ID, "reason": Parameter("because", TEXT), "agent": WORDS, "subject": WORDS},
    },
    "tools": {
        "list": {"toolset": TOOLSET, "name": TOOLSET, "schema_form": FORM, "token_budget": SEEN},
        "page": {"toolset": TOOLSET, "name": TOOLSET, "schema_form": FORM, "page_token": WORDS},
        "names": {"toolset": TOOLSET, "name": TOOLSET},
        "get": {"reference": TOOL, "schema_form": FORM, "token_budget": SEEN},
        "search": {
            "query": TOOL,
            "toolset": TOOLSET,
            "effects": Parameter(["READ"], {"empty list"}),
            "tags": Parameter(["billing"], {"empty list", "a list of a text"}),
            "limit": Parameter(5, WHOLE),
            "schema_form": FORM,
        },
        "versions": {"toolset": TOOLSET},
        "check": {"lock": Parameter(Lock({}), set())},
        "set_state": {"reference": TOOL, "state": Parameter("ACTIVE", set()), "reason": REASON},
    },
    "toolsets": {
        "import_openapi": IMPORT,
        "apply": IMPORT,
        "plan": IMPORT,
        "publish": {"toolset": ID, "tenant": ID, "owner": WORDS},
        "withdraw": {"toolset": ID, "tenant": ID, "owner": WORDS},
        "publications": {},
    },
    "invocations": {
        "list": {
            "tool": TOOLSET,
            "states": Parameter(["FAILED"], {"empty list"}),
            "run_id": OPTIONAL_RUN_ID,
            "agent": TOOLSET,
            "subject": TOOLSET,
            "key": OPTIONAL_KEY,
            "since": Parameter(None, {"none"}),
            "until": Parameter(None, {"none"}),
        },
        "get": {"invocation_id": ID},
        "find": {"key": KEY},
        "preview": {"tool": TOOL, "arguments": ARGUMENTS, "schema_form": FORM},
        "page": {"agent": TOOLSET, "subject": TOOLSET, "page_token": WORDS},
        "handle": {"invocation_id": ID},
        "exchange": {"invocation_id": ID},
        "erase_exchanges": {"tenant": TOOL},
    },
    "handle": {
        "wait": {"timeout": Parameter(5, ENDLESS)},
        "watch": {"after": Parameter(0, WHOLE), "until_settled": SWITCH, "timeout": Parameter(5, ENDLESS)},
        "answer_events": {"after": Parameter(AnswerEvent(1, 1, b""), {"none"}), "timeout": Parameter(5, ENDLESS)},
        "all_events": {"timeout": Parameter(5, ENDLESS)},
        "cancel": {},
    },
    "reviews": {
        "list": {},
        "get": {"invocation_id": ID},
        "decide": {
            "invocation_id": ID,
            "decision": Parameter(DeclareFailed(), set()),
            "reason": REASON,
            "attempts_seen": SEEN,
        },
    },
    "recordings": {
        "export_file": {"name": ID, "tools": Parameter(["orders_*"], {"empty list", "a list of a text"})},
        "import_file": {"name": ID, "content": Parameter(dump(RecordedRun(())), {"bytes"})},
        "delete": {"name": ID},
    },
    "principals": {
        "caller": {},
        "list": {},
        "add": {
            "tenant": ID,
            "agent": ID,
            "subject": ID,
            "tools": Parameter(["orders_*"], {"empty list", "a list of a text"}),
            "rights": Parameter(["import"], {"empty list", "a list of a text"}),
            "expires": Parameter(None, {"none"}),
            "token_sha256": Parameter("0" * 64, {"none"}),
        },
        "revoke": {"id": Parameter(None, {"none"}), "tenant": ID, "agent": ID, "subject": ID},
    },
    "artifacts": {
        "get": {"artifact": ID},
        "list": {},
        "read": {"artifact": ID, "offset": Parameter(0, WHOLE)},
        "download": {"artifact": ID, "file": Parameter(Path(tempfile.gettempdir()) / "callgate-odd-file", set())},
        "put": {"source": Parameter(b"x", {"bytes"}), "media_type": WORDS, "filename": WORDS},
        "delete": {"artifact": ID},
    },
    "connections": {
        "list": {},
        "begin": {"toolset": ID, "redirect_uri": WORDS, "state": WORDS, "code_challenge": WORDS, "credential": WORDS},
        "complete": {
            "toolset": ID,
            "code": WORDS,
            "code_verifier": WORDS,
            "redirect_uri": WORDS,
            "issuer": WORDS,
            "credential": WORDS,
        },
        "begin_device": {"toolset": ID, "credential": WORDS},
        "poll_device": {"toolset": ID, "flow": WORDS, "credential": WORDS},
        "disconnect": {"toolset": ID, "credential": WORDS, "subject": WORDS},
    },
    "hosts": {"list": {}, "declare_lost": {"host_id": ID, "reason": REASON}},
}
PLACES = [(noun, verb, name) for noun, verbs in VERBS.items() for verb, parameters in verbs.items() for name in parameters]


def raised(ask: Callable[[], Any]) -> errors.CallgateError | None:
    """The typed error that this raises, which must have a cure. Any other goes through."""
    try:
        ask()
    except errors.CallgateError as error:
        found = error
    else:
        return None
    assert found.cure
    return found


def perform(client: Client, noun: str, verb: str, arguments: dict[str, Any]) -> None:
    apart: dict[str, Callable[[], Any]] = {
        "client": lambda: client,
        "run": partial(client.run, "thread-7"),
        "handle": partial(client.invocations.handle, "inv-1"),
    }
    owner: Any = apart[noun]() if noun in apart else getattr(client, noun)
    done = getattr(owner, verb)(**arguments)
    if verb == "stream":
        done = done.events()
    if isinstance(done, Iterator):
        list(done)


@pytest.mark.parametrize(("noun", "verb", "name"), PLACES)
def test_a_verb_refuses_what_it_does_not_take_and_lets_out_no_other_error(
    client: Client, gateway: Gateway, noun: str, verb: str, name: str
) -> None:
    parameters = VERBS[noun][verb]
    fitting = {other: parameter.fitting for other, parameter in parameters.items()}
    for odd, value in ODD.items():
        gateway.requests.clear()
        error = raised(partial(perform, client, noun, verb, {**fitting, name: value}))
        if odd not in parameters[name].takes:
            assert isinstance(error, errors.RequestInvalid | errors.ArgumentsInvalid), (odd, error)
            assert len(error.message) < 200, odd
            assert gateway.requests == [], odd


def test_the_table_has_every_parameter_of_every_verb() -> None:
    owners = {"client": AsyncClient, "run": AsyncRun, "handle": AsyncInvocationHandle, **nouns_of(AsyncClient)}
    assert set(owners) == set(VERBS)
    for noun, owner in owners.items():
        assert set(verbs_of(owner)) == set(VERBS[noun]), noun
        for verb, parameters in VERBS[noun].items():
            assert set(parameters) == set(signature(getattr(owner, verb)).parameters) - {"self"}, verb


@pytest.mark.parametrize(
    "ask",
    [
        lambda client, moment: list(client.invocations.list(since=moment)),
        lambda client, moment: list(client.invocations.list(until=moment)),
        lambda client, moment: client.principals.add("acme", "planner", "ada", expires=moment),
    ],
)
@pytest.mark.parametrize(
    ("moment", "why"),
    [
        (datetime(2026, 1, 31, 12), "time zone"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "before the year 1"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))), "after 9999"),
    ],
)
def test_a_moment_without_a_time_zone_or_beyond_all_years_is_refused(
    client: Client, gateway: Gateway, ask: Callable[..., Any], moment: datetime, why: str
) -> None:
    with pytest.raises(errors.RequestInvalid, match=why):
        ask(client, moment)
    assert gateway.requests == []


@pytest.mark.parametrize("odd", ODD)
def test_a_decision_and_a_credential_are_looked_into(client: Client, gateway: Gateway, odd: str) -> None:
    asked: list[Any] = [
        lambda: client.reviews.decide("inv-1", DeclareFailed(ODD[odd]), reason="x"),
        lambda: client.reviews.decide("inv-1", DeclareSucceeded(ODD[odd]), reason="x"),
        lambda: client.toolsets.import_openapi(b"{}", "orders", credentials=[CredentialSource("a", "b", ODD[odd])]),
    ]
    for ask in asked:
        raised(ask)


@pytest.mark.parametrize("odd", ODD)
async def test_a_client_is_made_or_refused_with_a_cure(odd: str, gateway: Gateway) -> None:
    for name in ("address", "token", "root_certificates", "retry", "recording", "run_id"):
        for kind in (Client, AsyncClient):
            raised(partial(kind, **{"address": gateway.address, "token": TOKEN, name: ODD[odd]}))


@pytest.mark.parametrize("odd", ODD)
def test_a_policy_that_may_never_give_up_by_mistake_is_refused(odd: str) -> None:
    takes = {"zero", "five", "a fraction"}
    for name in ("first", "cap", "patience"):
        if odd in takes | ({"infinity"} if name == "patience" else set()):
            assert getattr(RetryPolicy(**{name: ODD[odd]}), name) == ODD[odd]
            continue
        with pytest.raises(errors.RequestInvalid) as refused:
            RetryPolicy(**{name: ODD[odd]})
        assert refused.value.cure


@pytest.mark.parametrize("odd", ODD)
def test_a_recording_has_a_text_for_its_name_and_a_mode(odd: str) -> None:
    with pytest.raises(errors.RequestInvalid):
        Recording("suite", ODD[odd])
    if odd not in TEXT | {"empty text"}:
        with pytest.raises(errors.RequestInvalid):
            Recording(ODD[odd], Mode.RECORD)


@pytest.mark.parametrize("step", [None, math.nan, 1.0, [1], True, ""])
def test_two_turns_without_a_step_do_not_share_a_key(client: Client, gateway: Gateway, step: Any) -> None:
    run = client.run("loop-7")
    for ask in (run.call, run.find, run.key):
        with pytest.raises(errors.RequestInvalid, match="step"):
            ask("act", {}, step=step)
    assert gateway.requests == []
    assert run.key("act", {}, step=1) == run.key("act", {}, step="1")


@pytest.mark.parametrize("odd", ODD)
def test_calls_whose_occurrences_are_asked_for_are_looked_into(odd: str) -> None:
    value = ODD[odd]
    given = {"calls": value, "call": [value], "tool": [(value, {})], "arguments": [("act", value)]}
    fine = {"calls": {"empty text", "empty list", "empty dict"}, "tool": TEXT, "arguments": {"empty dict"}}
    for part, calls in given.items():
        error = raised(partial(occurrences, calls))
        assert (error is None) == (odd in fine.get(part, ())), (part, error)


def test_a_watch_and_a_wait_may_take_as_long_as_it_takes(client: Client, gateway: Gateway) -> None:
    assert len(list(client.invocations.handle("inv-1").watch(timeout=math.inf))) == gateway.events
    assert client.invocations.handle("inv-1").wait(timeout=math.inf).id == "inv-1"


@pytest.mark.parametrize("name", ["x" * 256, "a\nb", "\ud800"])
def test_a_run_has_the_same_names_for_finding_as_for_calling(client: Client, name: str) -> None:
    with pytest.raises(errors.RequestInvalid, match="255 printable"):
        client.run(name)
    assert client.run("x" * 255).find("act", {}, step=1) is None


def test_a_closed_client_says_so(gateway: Gateway) -> None:
    client = Client(gateway.address, token=TOKEN)
    client.close()
    for ask in (
        lambda: client.invocations.get("inv-1"),
        lambda: client.invocations.find(new_key()),
        lambda: list(client.invocations.handle("inv-1").watch()),
    ):
        with pytest.raises(errors.RequestInvalid, match="closed"):
            ask()


@pytest.mark.parametrize(
    "ask", [lambda client: client.call("act", {}, key="14"), lambda client: list(client.invocations.handle("inv-1").watch())]
)
def test_a_client_that_another_thread_closes_between_two_tries_says_so(gateway: Gateway, ask: Callable[[Client], Any]) -> None:
    client = Client(gateway.address, token=TOKEN)

    async def sleep(seconds: float) -> None:
        client.close()

    client._session.pacing = Pacing(sleep)
    gateway.refuse(StatusCode.UNAVAILABLE)
    with pytest.raises(errors.RequestInvalid, match="closed"):
        ask(client)
    assert len(gateway.requests) == 1


async def test_a_client_that_another_thread_closes_as_a_try_begins_says_so(gateway: Gateway) -> None:
    for client in (Client(gateway.address, token=TOKEN), AsyncClient(gateway.address, token=TOKEN)):
        with pytest.raises(errors.RequestInvalid, match="closed"):
            await ask_while_closing(client._session)


async def ask_while_closing(session: Session) -> None:
    with session._asking():
        await session.close()
        await session._transport.unary(session.invocations.GetInvocation, messages.get("inv-1"), timeout=5)
