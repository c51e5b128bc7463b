"""Results as data, for programs: JSON, or YAML with the same values.

Hidden characters are escapes in both, and a body that is JSON stays the same value.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from callgate import Cancelled, LimitExceeded, SandboxFailed, Succeeded, TimedOut, ToolFailed, Unknown
from gateway.cli.terminal.options import Form
from gateway.cli.terminal.output import show_text

#: What `kind` says of each kind of outcome. It is for programs, so it does not follow a class that gets another name.
KINDS: dict[type, str] = {
    Succeeded: "Succeeded",
    ToolFailed: "ToolFailed",
    LimitExceeded: "LimitExceeded",
    TimedOut: "TimedOut",
    Cancelled: "Cancelled",
    SandboxFailed: "SandboxFailed",
    Unknown: "Unknown",
}


def shown_as(form: Form, value: Any) -> bool:
    """Print a result to stdout, where it is wanted as data. False where it is wanted for people: then the command prints it."""
    match form:
        case Form.JSON:
            show_text(json.dumps(jsonable(value), indent=2))
        case Form.YAML:
            show_text(as_yaml(jsonable(value)))
    return form is not Form.TABLE


def as_yaml(value: Any) -> str:
    """One document, which `---` begins: a command that prints several prints a stream of them."""
    # No line is folded, and what is not ASCII is an escape, as in JSON.
    text: str = yaml.dump(value, Dumper=_Quoting, explicit_start=True, sort_keys=False, width=float("inf"))
    return text.removesuffix("...\n").rstrip("\n")


class _Quoting(yaml.SafeDumper):
    """Quotes a text, too, that is a number in YAML 1.2 and none in 1.1, as 089 and 12e3: some hashes and postcodes are such."""


_Quoting.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"(?:[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+)$", re.ASCII),
    list("-+.0123456789"),
)


def jsonable(value: Any) -> Any:
    """Dataclasses become objects, an outcome's with its `kind`; bytes become JSON, or else text, or else base64."""
    if is_dataclass(value):
        kind = {"kind": KINDS[type(value)]} if type(value) in KINDS else {}
        return kind | {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(jsonable(one) for one in value)
    return next((write(value) for kind, write in _SCALARS.items() if isinstance(value, kind)), value)


def _body(body: bytes) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False)  # 1e999 is JSON, yet becomes a float that is not
    except (ValueError, RecursionError):
        return text
    return value


_SCALARS: dict[type, Callable[[Any], Any]] = {
    datetime: datetime.isoformat,
    Enum: lambda value: value.value,
    Path: str,
    bytes: _body,
}
