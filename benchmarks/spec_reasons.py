"""Reasons, without what differs from case to case, and whose fault each refusal of the judge is."""

import re

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\{.*\}|\[.*\]|(?<=at )/[^ )]*")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_LENGTH = 160

# What openapi-core gets wrong or cannot do, by the text of its refusal. All else is ours until shown otherwise.
_JUDGES: tuple[tuple[str, str], ...] = ()


def normalise(reason: str) -> str:
    """The reason with values blanked, so that equal causes are counted together."""
    line = reason.splitlines()[0] if reason else ""
    return _NUMBER.sub("0", _QUOTED.sub("'…'", line))[:_LENGTH]


def explain(reason: str) -> tuple[str, str]:
    """Whose fault a refusal is (`judge` or `ours`), and why we think so."""
    for pattern, why in _JUDGES:
        if re.search(pattern, reason):
            return "judge", why
    return "ours", "not explained by a known limit of the judge"
