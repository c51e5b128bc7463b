"""What a box counts in an answer that it passes on, over the fake pool and the real one."""

import pytest

from sandbox.api.ports import Pool
from sandbox.api.result import CountedNumber, Responded
from tests.real_apis.recipes import Answer, Recipes, answer
from tests.sandbox.pool.test_answer_contract import reaching
from tests.sandbox.pool.test_body_contract import Taken, recipes
from tests.sandbox.pool.test_pool_contract import job, opening, outcome, pool

__all__ = ["opening", "pool", "recipes"]

COUNTS = (("/usage/in",), ("/usage/out", "/usage/other"))
NONE = CountedNumber(0.0, 0, 1)


def one(number: float) -> CountedNumber:
    return CountedNumber(number, 1, 0)


LONG = b'{"x": [' + b"0.25," * 100_000 + b'1], "usage": {"in": 4, "other": 5}}'
CASES: dict[str, tuple[Answer, tuple[CountedNumber, ...]]] = {
    "both": (answer(200, b'{"usage": {"in": 1, "out": 2.5}}'), (one(1), one(2.5))),
    "at the other place": (answer(200, b'{"usage": {"in": 1, "other": 3}}'), (one(1), one(3))),
    "a failure's": (answer(404, b'{"usage": {"in": 1}}'), (one(1), NONE)),
    "none": (answer(200, b"[]"), (NONE, NONE)),
    "no JSON": (answer(200, b'{"usage": {"in": 1}}}'), (NONE, NONE)),
    "no numbers": (answer(200, b'{"usage": {"in": "1", "out": true}}'), (NONE, NONE)),
    "less than nothing, and without an end": (answer(200, b'{"usage": {"in": -1, "out": 1e999}}'), (NONE, NONE)),
    "a long one": (answer(200, LONG), (one(4), one(5))),
    "a stream": (answer(200, b'{"usage": {"in": 1}}', media_type="application/x-ndjson"), ()),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_numbers_are_counted_where_they_stand(
    pool: Pool, recipes: Recipes, case: tuple[Answer, tuple[CountedNumber, ...]]
) -> None:
    told, counts = case
    recipes.tell("GET", "/ask", told)
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/ask", counts=COUNTS, response_bytes=1 << 20))
    assert isinstance(result, Responded), result
    assert result.counts == counts


async def test_what_a_spill_has_is_counted_too(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("GET", "/ask", answer(200, LONG))
    asked = job(f"{recipes.url}/ask", counts=COUNTS, response_bytes=1000, spill=Taken())
    result = await outcome(pool, reaching(recipes), asked)
    assert isinstance(result, Responded), result
    assert (result.spilled, result.counts) == (True, (one(4), one(5)))


async def test_a_job_that_counts_nothing_is_told_nothing(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("GET", "/ask", answer(200, b'{"usage": {"in": 1}}'))
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/ask"))
    assert isinstance(result, Responded), result
    assert result.counts == ()
