"""Texts of others in errors and outcomes: what a terminal would obey, or a reader would not see, is written as an escape.

The gateway does so with all that it says. A proxy in its place, or a gateway of an older release, does not.
"""

#: Characters of no width that count as printable: selectors of variants, which can hold bytes.
_SELECTORS = range(0xE0100, 0xE01F0)


def visible(text: str) -> str:
    r"""The text with each character that is not to be printed as JSON writes it, such as `\u001b`; but for tabs and lines."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\t\n" or (character.isprintable() and ord(character) not in _SELECTORS):
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
