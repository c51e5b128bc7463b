"""Canonical JSON is held to an independent writer: ECMA-262's steps for numbers, Python's strings, UTF-16 units for keys."""

import json
import math
import struct
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callgate.canonical import canonical as of_the_sdk
from clients.python.tests.canonical_forms import FORMS
from registry.model.canonical_json import canonical, number

SAFE = 2**53 - 1
BORDERS = (1e21, 1e20, 1e16, 1e15, 1e-5, 1e-6, 1e-7, 2.0**53, 5e-324, sys.float_info.min, sys.float_info.max)
EDGES = '"\\/\b\f\n\r\t\x00\x1f\x7f\u2028\ud7ff\ue000\uffff\U00010000\U0010ffff'


def reference(value: Any) -> str:
    """`value` in canonical form, written without the library that the gateway uses."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: utf_16_units(member[0]))
        return "{" + ",".join(f"{reference(key)}:{reference(member)}" for key, member in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(reference, value)) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ecmascript(float(value))
    return json.dumps(value, ensure_ascii=False)


def utf_16_units(text: str) -> tuple[int, ...]:
    raw = text.encode("utf-16-le")
    return struct.unpack(f"<{len(raw) // 2}H", raw)


def ecmascript(value: float) -> str:
    """ECMA-262 §6.1.6.1.20 step by step. `shortest` is its s, `point` its n; `repr` finds the digits that both prescribe."""
    if value == 0:
        return "0"
    if value < 0:
        return "-" + ecmascript(-value)
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    shortest = "".join(map(str, digits))
    count, point = len(shortest), len(shortest) + exponent
    if count <= point <= 21:
        return shortest + "0" * (point - count)
    if 0 < point <= 21:
        return shortest[:point] + "." + shortest[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + shortest
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return shortest + power if count == 1 else shortest[0] + "." + shortest[1:] + power


def beside(border: float, steps: int) -> float:
    """The double that many steps away from `border`, within the finite ones."""
    for _ in range(abs(steps)):
        border = math.nextafter(border, math.copysign(math.inf, steps))
    return border if math.isfinite(border) else sys.float_info.max


DOUBLES = st.floats(allow_nan=False, allow_infinity=False) | st.builds(beside, st.sampled_from(BORDERS), st.integers(-3, 3))
INTEGERS = (
    st.integers(-SAFE, SAFE)
    | st.integers(-(2**70), 2**70)
    | st.integers(SAFE - 3, SAFE + 3)
    | st.integers(15, 308).map(lambda exponent: 10**exponent)
)
TEXTS = st.text(max_size=4) | st.text(st.sampled_from(EDGES), max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS | INTEGERS | DOUBLES,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXTS, children, max_size=4),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(VALUES)
@example(-0.0)
@example({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4, "\r": 5, "": 6})
def test_canonical_form_is_what_an_independent_writer_writes(value: Any) -> None:
    assert canonical(value).decode() == reference(value)


@pytest.mark.parametrize(("value", "form"), FORMS, ids=lambda part: ascii(part)[:40])
def test_the_table_that_the_sdk_is_held_to_holds_for_the_gateway(value: object, form: str) -> None:
    assert canonical(value).decode() == form


@settings(max_examples=400, deadline=None, derandomize=True)
@given(VALUES | DOUBLES | INTEGERS)
def test_the_sdk_and_the_gateway_have_one_canonical_form(value: Any) -> None:
    assert of_the_sdk(value) == canonical(value).decode()


@settings(max_examples=400, deadline=None, derandomize=True)
@given(DOUBLES | st.integers(-SAFE, SAFE))
def test_number_is_what_the_steps_of_ecma_262_write(value: float) -> None:
    assert number(value) == ecmascript(float(value))
    assert number(-value) == ecmascript(float(-value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**64, "18446744073709552000"),
        (-(2**63) - 1, "-9223372036854776000"),
        (10**21, "1e+21"),
        (-(10**21), "-1e+21"),
    ],
)
def test_integer_of_more_than_64_bits_is_written_as_the_nearest_double(value: int, expected: str) -> None:
    assert number(value) == expected
    assert canonical({"a": [value, 1, True]}).decode() == f'{{"a":[{expected},1,true]}}'


@pytest.mark.parametrize("value", [2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**64 - 1, -(2**63)])
def test_integer_of_64_bits_is_written_as_it_is(value: int) -> None:
    assert number(value) == str(value)
    assert canonical({"a": [value, 1, True, None]}).decode() == f'{{"a":[{value},1,true,null]}}'


@pytest.mark.parametrize("levels", [64, 200])  # of arguments, and of documents
def test_nested_value_is_written_down_to_the_depth_that_a_document_may_have(levels: int) -> None:
    value: Any = {"z": 1, "a": 2}
    for _ in range(levels // 2):
        value = {"k": [value]}
    assert canonical(value).decode() == reference(value)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"), -float("inf"), 10**400, [10**400], "\ud800", {"\udfff": 1}, {1: 2}, {"a": {None: 1}}, b"bytes",
        {"a": {1}}, [2**53, float("nan")], {2**53: 2**53},
    ],
)  # fmt: skip
def test_value_without_a_form_in_json_is_refused_and_not_repeated(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON") as refusal:
        canonical(value)
    assert not any(part in str(refusal.value) for part in ("nan", "000", "ud800", "bytes'", "9007"))
