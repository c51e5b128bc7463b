"""Arguments: read them strictly, write them canonically, check them against the input schema."""

import json
import math
import re
from collections import OrderedDict
from typing import Any, NoReturn

from registry.calling.examples import with_examples
from registry.model.canonical_json import canonical
from registry.model.errors import ArgumentsInvalid, Violation
from registry.model.json_limits import is_deeper
from registry.model.tool import JsonObject, Response, ToolVersion
from registry.schema.recursion import is_recursive
from registry.schema.validators import Validator, compile_validator

__all__ = ["ArgumentChecker", "canonical", "parse"]

BYTES = 1 << 20
DEPTH = 64
NODES = 50_000
#: For schemas that lead back to themselves: where one does so twice, a validator's time grows exponentially with depth.
RECURSIVE_DEPTH = 12
_INTEGER = (1 << 53) - 1  # RFC 7493 §2.2: beyond it a double is not exact
_TOKEN = re.compile(rb'"(?:[^"\\]+|\\.)*+"|[\[\]{},]', re.DOTALL)


def parse(args_json: bytes) -> JsonObject:
    """The arguments as I-JSON (RFC 7493) with an object at the root: at most 1 MiB, 64 levels and 50,000 values.

    Raises ArgumentsInvalid, also for duplicate keys, NaN, lone surrogates, and integers beyond ±(2**53 - 1).
    """
    if len(args_json) > BYTES:
        _refuse(f"at most {BYTES:,} bytes")
    _scan(args_json)
    try:
        text = args_json.decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        _refuse("UTF-8 text")
    except UnicodeEncodeError:
        _refuse("strings without lone surrogates")
    except json.JSONDecodeError as error:
        _refuse(f"well-formed JSON (line {error.lineno}, column {error.colno})")
    if not isinstance(value, dict):
        _refuse("an object")
    return value


class ArgumentChecker:
    """Checks arguments and answers against the schemas of tool versions. Keeps the `capacity` validators used last."""

    def __init__(self, capacity: int = 512) -> None:
        self._capacity = capacity
        self._validators: OrderedDict[tuple[str, str], _Check] = OrderedDict()

    def check(self, version: ToolVersion, arguments: JsonObject) -> None:
        """Raises ArgumentsInvalid: for each violation a pointer, what was expected and an example; no value of the caller's."""
        schema = version.draft.input_schema
        violations = self._check(version, "input", schema).violations(arguments)
        if violations:
            raise ArgumentsInvalid(with_examples(violations, schema))

    def matches(self, version: ToolVersion, body_json: Any, other: Response | None = None) -> bool | None:
        """Whether a decoded JSON answer fits the output schema, or that of another response than the success.

        None where there is no schema, or the answer is too deep to tell.
        """
        side, schema = ("output", version.draft.output_schema) if other is None else (other.status, other.schema)
        return None if schema is None else self._check(version, side, schema).is_valid(body_json)

    def _check(self, version: ToolVersion, side: str, schema: JsonObject) -> "_Check":
        key = (version.digest, side)
        if key not in self._validators:
            self._validators[key] = _Check(compile_validator(schema), RECURSIVE_DEPTH if is_recursive(schema) else DEPTH)
        self._validators.move_to_end(key)
        while len(self._validators) > self._capacity:
            self._validators.popitem(last=False)
        return self._validators[key]


class _Check:
    """A validator, and the depth to which its time is bounded."""

    def __init__(self, validator: Validator, depth: int) -> None:
        self._validator = validator
        self._depth = depth

    def violations(self, instance: Any) -> tuple[Violation, ...]:
        if is_deeper(instance, self._depth):
            return (Violation("", f"at most {self._depth} levels of nesting"),)
        return self._validator.violations(instance)

    def is_valid(self, instance: Any) -> bool | None:
        return None if is_deeper(instance, self._depth) else self._validator.is_valid(instance)


def _scan(args_json: bytes) -> None:
    """Count brackets and commas outside strings, so that no parser meets a depth or a number of values over the bound."""
    depth, nodes = 0, 1
    for match in _TOKEN.finditer(args_json):
        token = match[0]
        depth += (token in (b"[", b"{")) - (token in (b"]", b"}"))
        nodes += token in (b"[", b"{", b",")
        if not 0 <= depth <= DEPTH:
            _refuse(f"at most {DEPTH} levels of nesting" if depth > 0 else "well-formed JSON")
        if nodes > NODES:
            _refuse(f"at most {NODES:,} values")


def _unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("no key twice in an object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > len(str(_INTEGER)) + 1 or abs(int(digits)) > _INTEGER:
        _refuse("integers within ±(2**53 - 1); larger ones as strings")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        _refuse("numbers that a double can hold")
    return value


def _constant(_: str) -> NoReturn:
    _refuse("no NaN or infinity")


def _refuse(expected: str) -> NoReturn:
    raise ArgumentsInvalid((Violation("", expected),)) from None
