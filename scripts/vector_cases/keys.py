"""Canonical JSON, and the keys that are made of it. Values are given as JSON texts: 1.0 and 1 are two texts, and one value."""

import json
from collections.abc import Mapping
from typing import Any

from callgate.adapters import run_name
from callgate.canonical import canonical
from callgate.keys import occurrences, run_key, wire_key, wire_step

#: Numbers are of RFC 8785, appendix B, and of the borders at which ECMAScript, doubles and 64 bits change.
VALUES = (
    *("null", "true", "false", "[]", "{}", '""', "0", "-0", "-0.0", "0.0", "1", "1.0", "1e0", "-1.5", "10", "1E2", "100.50"),
    *("9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740993", "9007199254740993.0"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"),
    *(
        "18446744073709551615",
        "18446744073709551616",
        "1152921504606846976",
        "1152921504606846976.0",
        "123456789012345678901234567890",
    ),
    *("5e-324", "-5e-324", "1.7976931348623157e308", "295147905179352830000.0", "9.999999999999997e22", "1e20", "1e21", "1e22"),
    *("999999999999999900000.0", "0.000001", "1e-6", "1e-7", "1.5e-7", "123456.789", "0.1", "333333333.3333333"),
    *("333333333.33333325", "1e23", "4.35", "0.002", "2e-3", "4.50", "1424953923781206.2", "9.5367431640625e-7"),
    r'"\"\\\/"',
    r'"\b\t\n\f\r"',
    r'"\u0000\u001f\u007f\u0080\u009f"',
    '"ö€ \\u2028\\u2029😀"',
    r'"\ud83d\ude00"',
    '{"b":1,"a":2,"":3,"B":4}',
    '{"\\ufb33":1,"😀":2,"\\u20ac":3,"\\u00f6":4,"1":5,"10":6,"2":7}',
    '{"1":[true,null,{"x":[1.0,"1"]}]}',
    '{"b":[9007199254740993,{},[]],"a":{"😀":1152921504606846976,"\\ufb33":true}}',
    '{"__proto__":{"x":1},"constructor":2,"toString":3}',
    '[[[[[[[["deep"]]]]]]]]',
)

ORDER = '{"body":{"item":"lamp","quantity":1}}'

CALLS: tuple[Mapping[str, Any], ...] = (
    {},
    {"run": "thread-8"},
    {"tool": "create_orders"},
    {"arguments": "{}"},
    {"arguments": '{"body":{"quantity":1.0,"item":"lamp"}}'},
    {"arguments": '{"id":9007199254740993}'},
    {"arguments": '{"id":18446744073709551615,"at":-9223372036854775808}'},
    {"arguments": '{"x":-0.0,"y":1e-7,"z":0.1,"w":1e21}'},
    {"arguments": '{"größe":"😀 \\u2028","\\ufb33":1,"😀":2}'},
    {"arguments": '{"__proto__":1}'},
    {"step": 4},
    {"step": "3"},
    {"step": -1},
    {"step": 2**70},
    {"step": "two\nlines"},
    {"step": "\ud800"},
    {"step": "😀"},
    {"occurrence": 1},
    {"occurrence": 2**53 - 1},
    {"call_id": "call_1"},
    {"call_id": "\ud800 lone"},
    {"call_id": '"quoted"'},
    {"once": True},
    {"once": True, "arguments": "{}"},
    {"run": 'thread-7","3', "step": "x"},
    {"run": "Aufgabe 7: größer 😀"},
    {"run": "7" * 255},
)

KEYS = (
    "x",
    "x" * 15,
    "x" * 16,
    "x" * 255,
    "x" * 256,
    "order of the 14th step",
    "ключ-для-заказа-номер-7",
    "\ud800",
    "a\ud83d",
    "😀" * 16,
)
STEPS = ("3", "a" * 255, "a" * 256, "😀" * 255, "😀" * 256, "two\nlines", "\u00a0", "\u200b", "\ud800", "größer", "/3/tools/1")
RUNS = ("thread-7", "", " a", "a ", "a\n", "a" * 256, "\u00a0", "\ud800", "größer 😀", "app/user/session")

MESSAGES: tuple[list[list[str]], ...] = (
    [["a", '{"x":1}'], ["b", '{"x":1}'], ["a", '{"x":1.0}'], ["a", '{"x":2}'], ["a", '{"x":1}']],
    [["a", "{}"], ["a", "{}"], ["a", "{}"]],
    [["a", '{"n":9007199254740993}'], ["a", '{"n":9007199254740992}'], ["a", '{"n":9007199254740993}']],
    [],
)


def vectors() -> Mapping[str, list[Any]]:
    return {
        "canonical": [{"json": text, "form": canonical(json.loads(text))} for text in VALUES],
        "keys": [_key({"run": "thread-7", "tool": "create_order", "arguments": ORDER, "step": 3, **one}) for one in CALLS],
        "wire_keys": [{"key": key, "wire": wire_key(key)} for key in KEYS],
        "wire_steps": [{"step": step, "wire": wire_step(step)} for step in STEPS],
        "run_names": [{"given": given, "name": run_name(given)} for given in RUNS],
        "occurrences": [
            {"calls": calls, "nths": occurrences((tool, json.loads(said)) for tool, said in calls)} for calls in MESSAGES
        ],
    }


def _key(call: Mapping[str, Any]) -> Mapping[str, Any]:
    place = {name: call[name] for name in ("step", "occurrence", "call_id", "once") if name in call}
    return {**call, "key": run_key(call["run"], call["tool"], json.loads(call["arguments"]), **place)}
