"""Texts of documents as a model reads them: HTML as plain text, and no text that ends within a sentence.

Authors write CommonMark (OpenAPI 3.1.1, §4.1), which is let be, and many write HTML. A tag that HTML does not have is none: it
is a placeholder, such as `<id>`. What stands between backticks is code, and stays.
"""

import re
from html import unescape

from registry.model.clean_text import clean

_BLOCKS = frozenset(
    ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "hr", "section", "article",
     "header", "footer", "details")
)  # fmt: skip
_LINES = frozenset(("br", "tr", "dt", "dd", "thead", "tbody", "caption", "summary"))
_INLINE = frozenset(
    ("a", "b", "i", "u", "em", "strong", "span", "code", "tt", "kbd", "samp", "var", "sub", "sup", "small", "big", "font",
     "img", "s", "del", "ins", "mark", "abbr", "cite", "q", "center", "strike", "nobr", "wbr")
)  # fmt: skip
_CELLS = frozenset(("td", "th"))
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,10})(?:\s[^<>]*)?/?>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_LINE_ENDS = re.compile(r"\n{3,}")
# A sentence's end within a text, and its marks where no space follows.
_END = re.compile(r"[.!?](?=[\s)\"'\u201d\u2019])|[\u3002\uff01\uff1f]|\n\n")
#: A text that is cut at the end of a sentence keeps this share of what it may have, or is cut between words.
_KEPT = 3


def plain_text(text: str) -> str:
    """The text without HTML. One that has none is returned as it is."""
    if "<" not in text and "&" not in text:
        return text
    parts = _CODE.split(_without_comments(text))
    written = "".join(part if index % 2 else _without_tags(part) for index, part in enumerate(parts))
    return text if written == text else clean(_tidy(written))


def shortened(text: str, most: int) -> str:
    """The text, or as many of its first sentences as `most` characters have room for."""
    if len(text) <= most:
        return text
    ends = [match.end() for match in _END.finditer(text[:most])]
    if ends and ends[-1] * _KEPT > most:
        return text[: ends[-1]].rstrip()
    between = text.rfind(" ", 0, most - 1)
    return text[: between if between * _KEPT > most else most - 1].rstrip() + "…"


def first_sentence(text: str, most: int) -> str:
    """At most so many characters."""
    end = _END.search(text)
    return shortened(text[: end.end()].rstrip() if end else text, most)


def _without_comments(text: str) -> str:
    kept, at = [], 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin)) >= 0:
        kept.append(text[at:begin])
        at = end + 3
    return "".join((*kept, text[at:]))


def _without_tags(text: str) -> str:
    return _ENTITY.sub(lambda entity: unescape(entity[0]), _TAG.sub(_in_its_place, text))


def _in_its_place(tag: re.Match[str]) -> str:
    name = tag[1].lower()
    if name in _INLINE:
        return ""
    if name == "li":
        return "" if tag[0].startswith("</") else "\n- "
    if name in _BLOCKS:
        return "\n\n"
    return "\n" if name in _LINES else " " if name in _CELLS else tag[0]


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return _LINE_ENDS.sub("\n\n", lines).strip()
