"""Arguments are read strictly, and written canonically."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.calling.arguments import canonical, parse
from registry.model.canonical_json import number
from registry.model.errors import ArgumentsInvalid
from registry.model.tool import JsonObject
from tests.processor_time import at_most


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "well-formed"),
        (b"{", "well-formed"),
        (b'{"a": 1,}', "well-formed"),
        (b"{'a': 1}", "well-formed"),
        (b"[]", "an object"),
        (b"null", "an object"),
        (b'"x"', "an object"),
        (b"\xff", "UTF-8"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "NaN"),
        (b'{"a": 1e999}', "double"),
        (b'{"a": 18446744073709551616}', "integers"),
        (b'{"a": [1, -9223372036854775809]}', "integers"),
        (b'{"a": 99999999999999999999}', "integers"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "integers"),
        (b'{"a": "\\ud800"}', "surrogates"),
        (b'{"\\udc00": 1}', "surrogates"),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", "levels"),
        (b"[" * 1_000_000, "levels"),
        (b"]" * 1_000_000, "well-formed"),
        (b'{"a": [' + b"1," * 60_000 + b"1]}", "values"),
        (b'{"a": [' + b"[]," * 60_000 + b"1]}", "values"),
        (b'"' * 1_000_001, "well-formed"),
        (b'{"a": "' + b"\\" * 1_000_001, "well-formed"),
        (b'{"a": "' + b"x" * (1 << 20) + b'"}', "bytes"),
    ],
)
def test_hostile_arguments_are_refused_at_once(raw: bytes, expected: str) -> None:
    with at_most(1), pytest.raises(ArgumentsInvalid) as refused:
        parse(raw)
    assert expected in refused.value.violations[0].expected


def test_brackets_inside_strings_count_for_nothing() -> None:
    text = '[{,\\"' * 30_000
    assert parse(json.dumps({"a": text}).encode()) == {"a": text}


@pytest.mark.parametrize(
    ("bits", "expected"),
    [  # RFC 8785, appendix B
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_number_is_written_as_rfc_8785_says(bits: str, expected: str) -> None:
    assert number(struct.unpack(">d", bytes.fromhex(bits))[0]) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_number_that_is_not_json_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": value})


def test_canonical_form_is_that_of_rfc_8785() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_ordered_by_their_utf_16_units() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = list(json.loads(canonical(dict.fromkeys(keys, 0))))
    assert ordered == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize("written", ["9007199254740993", "-9223372036854775808", "9223372036854775807", "18446744073709551615"])
def test_an_integer_of_64_bits_is_exact_in_and_out(written: str) -> None:
    value = parse(b'{"a":[%s]}' % written.encode())
    assert value == {"a": [int(written)]}
    assert isinstance(value["a"][0], int)
    assert canonical(value) == b'{"a":[%s]}' % written.encode()


_integers = st.integers(-(2**53) + 1, 2**53 - 1)
_doubles = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(max_size=5), _integers, _doubles),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=10,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dictionaries(st.text(max_size=3), _json, max_size=4))
def test_canonical_form_reads_back_equal_and_is_its_own_canonical_form(arguments: JsonObject) -> None:
    once = canonical(arguments)
    # A double beyond 2**53 is written without a point, and Python would read it as an integer.
    again = json.loads(once, parse_int=float)
    assert again == arguments
    assert canonical(again) == once
