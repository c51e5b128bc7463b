"""The arguments of a call, from the words of the command line; and what to say of words that were meant otherwise."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from shlex import quote
from typing import Any

import typer

from callgate.errors import ArgumentsInvalid

_QUOTES = 'In JSON, names and texts stand in double quotes, and in a shell all of it in single ones: \'{"name": "text"}\'.'
#: Other programs read a file by @NAME.
_OF_FILES = "; to read the object from a file, write - <FILE"


@contextmanager
def fit_told(tool: str, words: list[str]) -> Iterator[None]:
    """Where arguments do not fit, the error says what `cure_of_words` does."""
    try:
        yield
    except ArgumentsInvalid as error:
        error.cure += cure_of_words(tool, words)
        raise


def cure_of_words(tool: str, words: list[str]) -> str:
    """Of words that do not fit: which was read as another value than a text, and how to send the text; which seems to be meant
    as JSON, and is none; and what shows the arguments that the tool takes. It follows another cure."""
    return f"{''.join(_readings(words))} The tool's arguments: `callgate tools show {quote(tool)}`"


def _readings(words: list[str]) -> Iterator[str]:
    given = [(name, text) for name, sign, text in _split(words) if sign]
    if name := next((name for name, text in given if not isinstance(_value(text), str)), None):
        yield f" {name}=… was read as JSON; to send it as a text, put it in double quotes: {name}='\"…\"'."
    for name, text in given:
        if text.lstrip().startswith(("{", "[")) and isinstance(_value(text), str):
            yield f" {name}=… is {_flaw_of(text)}, so it was sent as a text. {_QUOTES}"
        if text.startswith("@"):
            yield f" {name}=… was sent as a text, @ and all{_OF_FILES}."


def _split(words: list[str]) -> Iterator[tuple[str, str, str]]:
    return (word.partition("=") for word in words if not word.lstrip().startswith("{"))


def parse_arguments(words: list[str]) -> dict[str, Any]:
    """The tool's arguments from those of the command line. Raises BadParameter."""
    if len(words) == 1 and (words[0] == "-" or words[0].lstrip().startswith("{")):
        return _object(_stdin() if words[0] == "-" else words[0])
    arguments: dict[str, Any] = {}
    for word in words:
        name, separator, value = word.partition("=")
        if not (name and separator) or name in arguments:
            # The message does not repeat the word, which may be a secret.
            raise _malformed(f"write key=value, each key once, or one JSON object{_OF_FILES if word.startswith('@') else ''}")
        arguments[name] = _value(value)
    return arguments


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode()  # JSON is UTF-8, whatever the locale
    except UnicodeDecodeError:
        raise _malformed("stdin is not UTF-8") from None


def _object(text: str) -> dict[str, Any]:
    try:
        parsed = _parse(text)
    except (ValueError, RecursionError):
        raise _malformed(f"{_flaw_of(text)}. {_QUOTES}") from None
    if not isinstance(parsed, dict):
        raise _malformed("the JSON must be an object")
    return parsed


def _flaw_of(text: str) -> str:
    try:
        _parse(text)
    except json.JSONDecodeError as error:
        return f"malformed JSON in line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):
        pass
    return "malformed JSON"


def _value(text: str) -> Any:
    try:
        return _parse(text)
    except (ValueError, RecursionError):
        return text


def _parse(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _malformed(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="ARGUMENTS")
