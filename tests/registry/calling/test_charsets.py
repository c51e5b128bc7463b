"""A text answer is UTF-8 for its reader, whatever charset it declares."""

import pytest

from registry.calling.charsets import _CODECS, as_utf8

UMLAUT = '{"name": "Jürgen"}'

TABLE = {
    "latin-1": ("text/plain; charset=ISO-8859-1", "Jürgen".encode("latin-1"), "Jürgen"),
    "latin-1, quoted": ('text/plain; charset="iso-8859-1"', "Jürgen".encode("latin-1"), "Jürgen"),
    "latin-1 with the quotes of Windows": ("text/plain;charset=iso-8859-1", "“Jürgen”".encode("cp1252"), "“Jürgen”"),
    "latin-1 in JSON": ("application/json; charset=latin1", UMLAUT.encode("latin-1"), UMLAUT),
    "latin-9": ("text/csv; charset=iso-8859-15; header=present", "10 €".encode("iso8859-15"), "10 €"),
    "Shift_JIS": ("text/html; Charset=Shift_JIS", "日本語①".encode("cp932"), "日本語①"),
    "EUC-JP": ("text/plain; charset=EUC-JP", "日本語".encode("euc_jp"), "日本語"),
    "ISO-2022-JP": ("text/plain; charset=iso-2022-jp", "日本語".encode("iso2022_jp"), "日本語"),
    "GB2312": ("text/plain; charset=GB2312", "中文镕".encode("gbk"), "中文镕"),
    "Big5": ("text/plain; charset=big5", "中文".encode("big5"), "中文"),
    "EUC-KR": ("text/plain; charset=euc-kr", "한국어".encode("cp949"), "한국어"),
    "KOI8-R": ("text/xml; charset=KOI8-R", "мир".encode("koi8-r"), "мир"),
    "Windows-1251": ("application/xml;charset=windows-1251", "мир".encode("cp1251"), "мир"),
    "NDJSON": ("application/x-ndjson; charset=iso-8859-1", "{}\n".encode("latin-1"), "{}\n"),
}


@pytest.mark.parametrize(("declared", "body", "text"), TABLE.values(), ids=TABLE.keys())
def test_a_text_is_decoded_by_what_it_declares(declared: str, body: bytes, text: str) -> None:
    content_type, decoded = as_utf8(declared, body)
    assert decoded.decode() == text
    assert "charset=utf-8" in content_type
    assert content_type.partition(";")[0] == declared.partition(";")[0]


def test_other_parameters_of_the_type_stay() -> None:
    assert as_utf8('text/csv; charset="latin1"; header=present', b"\xe9")[0] == "text/csv; charset=utf-8; header=present"


@pytest.mark.parametrize("declared", ["application/json", "application/json; charset=utf-8", "text/plain; charset=latin1"])
def test_a_mark_of_utf_8_goes_and_counts_for_more_than_the_declared(declared: str) -> None:
    content_type, body = as_utf8(declared, b"\xef\xbb\xbf" + UMLAUT.encode())
    assert body == UMLAUT.encode()
    assert "latin1" not in content_type


AS_THEY_ARE = {
    "no charset": ("text/plain", "Jürgen".encode("latin-1")),
    "UTF-8": ("text/plain; charset=utf-8", "Jürgen".encode()),
    "UTF-8 that is none": ("text/plain; charset=utf-8", b"\xff"),
    "Shift_JIS that is none": ("text/plain; charset=Shift_JIS", b"\x81"),
    "a charset that there is not": ("text/plain; charset=utf-9", b"\xe9"),
    "a codec of Python's that is no charset": ("text/plain; charset=zlib", b"x\x9c\x03\x00\x00\x00\x00\x01"),
    "a codec of Python's that takes the square of the time": ("text/plain; charset=punycode", b"a-b"),
    "a picture": ("image/png; charset=latin1", b"\x89PNG"),
    "a picture with a mark": ("application/octet-stream", b"\xef\xbb\xbfabc"),
    "a type without end": ("text/plain; x=" + "y" * 2000 + "; charset=latin1", b"\xe9"),
    "no type": ("", b"\xe9"),
    "nothing": ("text/plain; charset=latin1", b""),
}


@pytest.mark.parametrize(("declared", "body"), AS_THEY_ARE.values(), ids=AS_THEY_ARE.keys())
def test_what_is_no_text_or_not_in_its_charset_stays_as_it_is(declared: str, body: bytes) -> None:
    assert as_utf8(declared, body) == (declared, body)


@pytest.mark.parametrize("codec", _CODECS)
def test_python_has_each_codec_and_a_secret_of_ascii_stays_ascii_in_it(codec: str) -> None:
    assert b"s3cr3t/+".decode(codec) == "s3cr3t/+"
