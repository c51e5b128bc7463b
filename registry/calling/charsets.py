"""A text answer in the charset that it declares → the same in UTF-8, in which all that read it expect it.

The box has made UTF-8 of charsets whose units are wider than a byte (`sandbox/runner/charset.go`).
"""

import codecs
import re

from registry.model.media_types import is_text

#: Characters of a content type that are looked at.
LONGEST = 1024

_CHARSET = re.compile(r';\s*+charset\s*+=\s*+(?:"([^"]*+)"|([^\s;"]++))', re.IGNORECASE)

#: The charsets that are known, by Python's codecs: what browsers read (WHATWG Encoding Standard, 4.2), where a name means what
#: servers write under it. Python has others, of which some take the square of a text's length, and some are no charsets.
_CODECS = {
    "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 us-ascii ascii windows-1252 cp1252 x-cp1252",
    "iso8859-2": "iso-8859-2 iso8859-2 latin2",
    "iso8859-3": "iso-8859-3 latin3",
    "iso8859-4": "iso-8859-4 latin4",
    "iso8859-5": "iso-8859-5",
    "iso8859-6": "iso-8859-6",
    "iso8859-7": "iso-8859-7",
    "iso8859-8": "iso-8859-8 iso-8859-8-i",
    "cp1254": "iso-8859-9 latin5 windows-1254 cp1254",
    "iso8859-10": "iso-8859-10 latin6",
    "iso8859-13": "iso-8859-13",
    "iso8859-14": "iso-8859-14",
    "iso8859-15": "iso-8859-15 iso8859-15 latin9 latin-9",
    "iso8859-16": "iso-8859-16",
    "cp874": "windows-874 tis-620 iso-8859-11",
    "cp1250": "windows-1250 cp1250",
    "cp1251": "windows-1251 cp1251",
    "cp1253": "windows-1253 cp1253",
    "cp1255": "windows-1255 cp1255",
    "cp1256": "windows-1256 cp1256",
    "cp1257": "windows-1257 cp1257",
    "cp1258": "windows-1258 cp1258",
    "cp866": "ibm866 cp866",
    "koi8-r": "koi8-r koi8",
    "koi8-u": "koi8-u",
    "mac-roman": "macintosh x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic",
    "gb18030": "gb18030 gbk gb2312 x-gbk gb_2312-80",
    "big5hkscs": "big5 big5-hkscs",
    "euc_jp": "euc-jp x-euc-jp",
    "iso2022_jp": "iso-2022-jp",
    "cp932": "shift_jis shift-jis sjis x-sjis windows-31j ms_kanji cp932",
    "cp949": "euc-kr ks_c_5601-1987 windows-949 cp949",
}
_BY_NAME = {name: codec for codec, names in _CODECS.items() for name in names.split()}


def as_utf8(content_type: str, body: bytes) -> tuple[str, bytes]:
    """The content type and the body as the caller gets them: as they are, where the body is no text, declares no charset that
    is known, or is not in the charset that it declares."""
    if not body or len(content_type) > LONGEST or not is_text(content_type):
        return content_type, body
    if body.startswith(codecs.BOM_UTF8):
        return _declared_utf8(content_type), body[len(codecs.BOM_UTF8) :]
    codec = _BY_NAME.get(_declared(content_type))
    text = _decoded(body, codec) if codec else None
    return (content_type, body) if text is None else (_declared_utf8(content_type), text.encode())


def _declared(content_type: str) -> str:
    match = _CHARSET.search(content_type)
    return (match[1] or match[2] or "").strip().lower() if match else ""


def _decoded(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _declared_utf8(content_type: str) -> str:
    return _CHARSET.sub("; charset=utf-8", content_type, count=1)
