"""Blanks in a reason what differs from case to case."""

import re

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\{.*\}|\[.*\]|(?<=at )/[^ )]*")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_LENGTH = 160


def normalise(reason: str) -> str:
    """The reason with values blanked, so that equal causes are counted together."""
    line = reason.splitlines()[0] if reason else ""
    return _NUMBER.sub("0", _QUOTED.sub("'…'", line))[:_LENGTH]
