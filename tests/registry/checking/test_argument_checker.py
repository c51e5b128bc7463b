"""No schema and no instance holds the gateway: what may be much work is done beside it, within bounds."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from time import thread_time
from typing import Any

import orjson
import pytest

from registry.calling.arguments import canonical, read
from registry.checking import argument_checker, worker
from registry.checking.argument_checker import ARGUMENT_BYTES, SIMPLER, ArgumentChecker
from registry.checking.checking_pool import CheckingPool
from registry.checking.checking_process import CheckingProcess, CheckJob
from registry.checking.lane import Lane, Width
from registry.model.errors import ArgumentsInvalid, CheckerFailed, Violation
from registry.model.formats import Formats
from registry.model.tool import JsonObject, ToolVersion
from tests.processor_time import at_most
from tests.registry.conftest import CompileTool
from tests.registry.schema.test_work import chain

#: Of each value of the instance, whether it is one of so many: some seconds of work, without a reference in it.
ENDLESS: JsonObject = {"items": {"enum": [{"of": number} for number in range(3000)]}}
MANY = [{"of": 2999}] * 20_000


@pytest.fixture
async def checker() -> AsyncIterator[ArgumentChecker]:
    checker = ArgumentChecker()
    yield checker
    await checker.close()


@pytest.fixture
async def pool() -> AsyncIterator[CheckingPool]:
    pool = CheckingPool()
    yield pool
    await pool.close()


@pytest.fixture
def version(tool: CompileTool) -> ToolVersion:
    return tool("/a", "post", {"responses": {}})


def taking(version: ToolVersion, schema: JsonObject) -> ToolVersion:
    return replace(
        version, draft=replace(version.draft, input_schema=schema), digest=f"sha256:{abs(hash(orjson.dumps(schema)))}"
    )


async def refusal(checker: ArgumentChecker, version: ToolVersion, arguments: Any) -> ArgumentsInvalid:
    with pytest.raises(ArgumentsInvalid) as refused:
        await checker.read("acme", version, orjson.dumps(arguments))
    return refused.value


async def test_what_fits_and_is_little_work_needs_no_process(
    checker: ArgumentChecker, version: ToolVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CheckingProcess, "start", None)
    given = await checker.read("acme", taking(version, {"properties": {"n": {"type": "integer"}}}), b'{"n":1}')
    assert (given.value, given.canonical) == ({"n": 1}, b'{"n":1}')


async def test_what_does_not_fit_is_told_with_its_place_and_an_example(checker: ArgumentChecker, version: ToolVersion) -> None:
    refused = await refusal(checker, taking(version, {"properties": {"n": {"type": "integer", "minimum": 5}}}), {"n": "x"})
    assert refused.violations == (Violation("/n", 'the value is not of type "integer"; for example 5'),)


@pytest.mark.parametrize("length", [17, 40, 90])
@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf"])
async def test_a_chain_of_alternatives_holds_neither_the_loop_nor_its_caller(
    checker: ArgumentChecker, version: ToolVersion, length: int, keyword: str
) -> None:
    chained = {"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": chain(length, keyword)["$defs"]}
    with at_most(0.5):
        refused = await refusal(checker, taking(version, chained), {"a": 5})
    assert refused.violations[0].pointer == "/a"


async def test_what_takes_too_much_work_is_refused_with_a_cure_and_the_next_call_is_checked(
    checker: ArgumentChecker, version: ToolVersion
) -> None:
    costly = taking(version, {"properties": {"a": ENDLESS}})
    refused = await refusal(checker, costly, {"a": MANY})
    assert (refused.violations[0].expected, refused.cure) == (
        "arguments that take less work to be held against the schema",
        SIMPLER,
    )
    assert (await refusal(checker, costly, {"a": [1]})).violations[0].pointer == "/a/0"


async def test_why_it_does_not_fit_may_take_longer_than_there_is(pool: CheckingPool) -> None:
    """Each of the values is a violation, whose text lists all that it may be."""
    wrong = orjson.dumps({"a": [[{"of": -1}] * 400, *[1] * 20_000]})
    words = {"properties": {"a": {"items": {"type": "array", "items": {"enum": ["long" * 500] * 40}}}}}
    verdict = await pool.check("acme", CheckJob("name", words, wrong, strictly=True))
    assert verdict.fits is False


async def test_another_tenants_check_does_not_wait_for_costly_ones() -> None:
    lane = Lane(Width(processes=2, cpu_seconds=0.1), patience=60.0)
    costly = [asyncio.create_task(lane.do("evil", CheckJob("endless", ENDLESS, orjson.dumps(MANY)))) for _ in range(3)]
    await asyncio.sleep(0)
    await lane.do("acme", CheckJob("little", {"type": "array"}, b"[]"))
    assert sum(one.done() for one in costly) <= 1
    assert [(await one).fits for one in costly] == [None] * 3
    await lane.close()


async def test_what_is_little_work_waits_for_none_of_the_costly_checks_of_two_tenants(pool: CheckingPool) -> None:
    job = CheckJob("endless", ENDLESS, orjson.dumps(MANY))
    costly = [asyncio.create_task(pool.check(tenant, job)) for tenant in ("evil", "wicked")]
    await asyncio.sleep(0)
    told = await pool.check("acme", CheckJob("little", {"properties": {"a": False}}, b'{"a":1}', strictly=True), little=True)
    assert told.violations[0].pointer == "/a"
    assert not any(one.done() for one in costly)
    assert [(await one).fits for one in costly] == [None] * 2


async def test_a_check_whose_turn_does_not_come_in_time_is_refused_and_may_be_tried_again() -> None:
    lane = Lane(Width(processes=1, cpu_seconds=0.5), patience=0.05)
    holding = asyncio.create_task(lane.do("evil", CheckJob("endless", ENDLESS, orjson.dumps(MANY))))
    await asyncio.sleep(0)
    with pytest.raises(CheckerFailed) as refused:
        await lane.do("acme", CheckJob("little", {"type": "array"}, b"[]"))
    assert "Try again" in refused.value.cure
    assert (await holding).fits is None
    assert lane._idle[0].alive  # in the place of the one that the job has ended
    await lane.close()


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"n": {"pattern": "^(\\w{100}){100}$"}}},
        {"patternProperties": {f"^{'a' * 100}{number}$": True for number in range(50)}},
        {"properties": {f"n{number}": {"type": "string"} for number in range(6_000)}},
    ],
    ids=["states", "patterns", "values"],
)
async def test_a_schema_that_takes_long_to_compile_is_compiled_beside_the_gateway(
    checker: ArgumentChecker, version: ToolVersion, schema: JsonObject
) -> None:
    assert (await checker.read("acme", taking(version, schema), b'{"m":1}')).value == {"m": 1}
    assert list(checker._checks.values()) == [None]


async def test_what_takes_long_to_bound_is_bounded_beside_the_gateway(checker: ArgumentChecker, version: ToolVersion) -> None:
    """Each subschema is looked at for each level of the arguments."""
    wide: JsonObject = {"properties": {f"n{number}": {"properties": {"a": {}}} for number in range(500)}}
    nested: JsonObject = {}
    for _ in range(20):
        nested = {"n": nested}
    began = thread_time()
    assert (await checker.read("acme", taking(version, wide), orjson.dumps(nested))).value == nested
    assert thread_time() - began < 0.1


async def test_large_arguments_are_read_beside_the_gateway_as_small_ones_are_here(
    checker: ArgumentChecker, version: ToolVersion
) -> None:
    large = {"text": "x" * ARGUMENT_BYTES, "b": [1.0, 1e16, -0.0, "\u20ac\U0001f600", None, True], "a": {"z": 1, "\ufb33": 2}}
    given = await checker.read("acme", taking(version, {"properties": {"text": {"type": "string"}}}), orjson.dumps(large))
    assert given == read(orjson.dumps(large))
    assert list(given.value) == list(large)


@pytest.mark.parametrize("padding", [0, ARGUMENT_BYTES], ids=["here", "beside the gateway"])
async def test_what_does_not_fit_is_taken_for_what_it_means(
    checker: ArgumentChecker, version: ToolVersion, padding: int
) -> None:
    properties = {"n": {"type": "integer"}, "m": {"type": "string"}, "text": {"type": "string"}}
    said = {"n": "9007199254740993", "m": None, "text": "x" * padding}
    given = await checker.read("acme", taking(version, {"properties": properties}), orjson.dumps(said))
    assert given.value == {"n": 9007199254740993, "text": "x" * padding}
    assert (given.canonical, given.said) == (canonical(given.value), canonical(said))


@pytest.mark.parametrize("padding", [0, ARGUMENT_BYTES], ids=["here", "beside the gateway"])
async def test_what_fits_as_it_is_is_taken_as_it_is(checker: ArgumentChecker, version: ToolVersion, padding: int) -> None:
    said = {"n": "1", "m": None, "text": "x" * padding}
    given = await checker.read("acme", taking(version, {"properties": {"text": {"type": "string"}}}), orjson.dumps(said))
    assert (given.value, given.said) == (said, b"")


async def test_of_what_means_nothing_either_that_is_told_which_is_wrong_in_what_it_means(
    checker: ArgumentChecker, version: ToolVersion
) -> None:
    properties = {"n": {"type": "integer"}, "m": {"type": "string"}, "o": {"type": "string"}}
    schema = {"properties": properties, "required": ["o"]}
    refused = await refusal(checker, taking(version, schema), {"n": "1", "m": None, "o": None})
    assert [one.pointer for one in refused.violations] == ["/o"]


async def test_what_takes_too_long_to_find_out_here_is_found_out_beside_the_gateway(
    checker: ArgumentChecker, version: ToolVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(argument_checker, "LOOKS_AT_ONCE", 1)
    given = await checker.read("acme", taking(version, {"properties": {"n": {"type": "integer"}}}), b'{"n":"1"}')
    assert given.value == {"n": 1}


@pytest.mark.parametrize(
    ("wrong", "expected"), [(b'"a":1,"a":2', "twice"), (b'"a":18446744073709551616', "integers"), (b'"a":NaN', "NaN")]
)
async def test_large_arguments_that_are_no_strict_json_are_refused_as_small_ones_are(
    checker: ArgumentChecker, version: ToolVersion, wrong: bytes, expected: str
) -> None:
    raw = b'{"text":"' + b"x" * ARGUMENT_BYTES + b'",' + wrong + b"}"
    with pytest.raises(ArgumentsInvalid) as refused:
        await checker.read("acme", taking(version, {}), raw)
    assert expected in refused.value.violations[0].expected


async def test_a_process_that_was_killed_is_replaced_and_the_check_is_made(pool: CheckingPool) -> None:
    assert (await pool.check("acme", CheckJob("name", {"type": "array"}, b"[]"))).fits
    (idle,) = pool._much._idle
    os.kill(idle.pid, signal.SIGKILL)
    assert (await pool.check("acme", CheckJob("name", {"type": "array"}, b"1"))).fits is False
    assert pool._much._idle[0].pid != idle.pid


async def test_a_check_that_is_cancelled_leaves_no_answer_to_the_next_one(pool: CheckingPool) -> None:
    checking = asyncio.create_task(pool.check("acme", CheckJob("endless", ENDLESS, orjson.dumps(MANY))))
    while not pool._much._places._value < 2:
        await asyncio.sleep(0)
    checking.cancel()
    await asyncio.wait({checking})
    assert (await pool.check("acme", CheckJob("name", {"type": "array"}, b"[]"))).fits is True


async def test_where_no_process_can_be_started_the_call_is_refused_and_may_be_tried_again(
    pool: CheckingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with pytest.raises(CheckerFailed) as refused:
        await pool.check("acme", CheckJob("name", {}, b"1"))
    assert "Try again" in refused.value.cure


async def test_a_process_keeps_to_the_schemas_used_last(pool: CheckingPool) -> None:
    for _ in range(2):
        for number in range(worker.CAPACITY + 1):
            assert (await pool.check("acme", CheckJob(f"name {number}", {"const": number}, str(number).encode()))).fits


async def test_an_answer_that_is_large_is_compared_beside_the_gateway(checker: ArgumentChecker, version: ToolVersion) -> None:
    answering = replace(version, draft=replace(version.draft, output_schema={"items": {"type": "integer"}}))
    assert await checker.matches("acme", answering, orjson.dumps([1] * 100_000)) is True
    assert await checker.matches("acme", answering, orjson.dumps([*[1] * 100_000, "x"])) is False
    assert await checker.matches("acme", answering, b"[" * 200_000) is False
    assert await checker.matches("acme", answering, b"[" * 100 + b"]" * 100) is None


@pytest.mark.parametrize("why", ["no process can be started", "another takes the time"])
async def test_what_came_of_a_call_is_never_lost_over_the_comparison_of_its_answer(
    checker: ArgumentChecker, version: ToolVersion, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "no process can be started":
        monkeypatch.setattr(sys, "executable", "/nowhere")
    else:
        monkeypatch.setattr(argument_checker, "ANSWER_SECONDS", 0.0)
    answering = replace(version, draft=replace(version.draft, output_schema={"items": {"type": "integer"}}))
    assert await checker.matches("acme", answering, orjson.dumps([1] * 100_000)) is None


async def test_that_it_does_not_fit_holds_though_the_process_dies_over_the_explanation(
    pool: CheckingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, told = CheckingProcess._frame, 0

    async def dying(self: CheckingProcess) -> bytes:
        nonlocal told
        told += 1
        if told == 3:  # the check is unknown, the instance does not fit, and then why
            os.kill(self.pid, signal.SIGKILL)
        return await frame(self)

    monkeypatch.setattr(CheckingProcess, "_frame", dying)
    costly = {"properties": {"a": {"type": "array", "items": {"enum": ["long" * 500] * 40}}}}
    result = await pool.check("acme", CheckJob("name", costly, orjson.dumps({"a": [1] * 20_000}), strictly=True))
    assert result.fits is False


MOMENT: JsonObject = {"properties": {"at": {"type": "string", "format": "date-time"}, "id": {"format": "uuid"}}}


@pytest.mark.parametrize("filler", [0, ARGUMENT_BYTES], ids=["at once", "beside the gateway"])
async def test_a_format_that_apis_bend_is_a_bound_only_where_the_operator_wants_it(
    checker: ArgumentChecker, version: ToolVersion, filler: int
) -> None:
    loose = taking(version, MOMENT)
    strict = replace(loose, draft=replace(loose.draft, formats=Formats.STRICT), digest=f"{loose.digest}strict")
    arguments = orjson.dumps({"at": "2026-01-31T10:00:00", "more": "x" * filler})
    assert (await checker.read("acme", loose, arguments)).value["at"] == "2026-01-31T10:00:00"
    with pytest.raises(ArgumentsInvalid) as refused:
        await checker.read("acme", strict, arguments)
    assert [one.pointer for one in refused.value.violations] == ["/at"]
    with pytest.raises(ArgumentsInvalid):
        await checker.read("acme", loose, orjson.dumps({"id": "7", "more": "x" * filler}))
