"""Which characters of strangers are hidden, and what becomes of them."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.model.clean_json import Hidden, clean_document, shown_json
from registry.model.clean_text import clean, count_hidden, is_suspect, visible

TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all")
SELECTED = "".join(chr(0xE0100 + byte) for byte in b"ignore all")

HIDDEN = {
    "an escape alone": ("a\x1bZb", "ab"),
    "a colour": ("a\x1b[31;1mb\x1b[0m", "ab"),
    "a window's title": ("a\x1b]0;owned\x07b", "ab"),
    "a link": ("\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\", "here"),
    "a device's string": ("a\x1bPq#0\x1b\\b", "ab"),
    "a sequence of one character": ("a\x9b2Jb", "ab"),
    "an escape inside of a sequence": ("a\x1b\x1b[31m[31mb", "a[31mb"),
    "a string without an end": ("a\x1b]0;owned", "a0;owned"),
    "a carriage return that overwrites": ("delete\rread", "delete\nread"),
    "controls": ("a\x00\x08\x7fb", "ab"),
    "controls of Latin-1": ("a\x80\x9fb", "ab"),
    "a line separator": ("a\u2028b\u2029c\x85d\x0be\x0cf", "a\nb\nc\nd\ne\nf"),
    "a direction": ("\u202edaer\u202c \u2066x\u2069\u200e\u200f\u061c", "daer x"),
    "characters without width": ("pay\u200bpal\u200c.com\u200d\u2060\ufeff", "paypal.com"),
    "a soft hyphen": ("pay\u00adpal", "paypal"),
    "tag characters": (f"A tool.{TAGS}", "A tool."),
    "bytes in selectors of variants": (f"A tool \U0001f600{SELECTED}", "A tool \U0001f600"),
    "selectors behind a letter": ("a\ufe0f\ufe00b", "ab"),
    "a second selector": ("\u2764\ufe0f\ufe0f", "\u2764\ufe0f"),
    "fillers": ("a\u3164\u115f\uffa0b", "ab"),
    "half a pair": ("a\ud800b", "a\ufffdb"),
    "no characters": ("a\ufdd0\uffffb", "ab"),
    "joiners in a row": ("\u0645\u200c\u200c\u200d\u06cc", "\u0645\u06cc"),
}
CLEAN = {
    "Latin": "Straße, naïve — “quoted”, 10 €\u00a0each",
    "lines": "One.\n\tTwo.\r\nThree.",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648",
    "Hindi": "क्\u200dष",
    "Hebrew": "שלום",
    "Chinese": "工具\u3000說明",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "a key": "1\ufe0f\u20e3",
    "a warning": "\u26a0\ufe0f Careful",
    "combining marks": "e\u0301",
}


@pytest.mark.parametrize(("dirty", "cleaned"), HIDDEN.values(), ids=HIDDEN.keys())
def test_what_nobody_sees_is_left_out_and_counted(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned
    assert clean(cleaned) == cleaned
    assert count_hidden(dirty) >= len(dirty) - len(cleaned)
    assert count_hidden(dirty) > 0


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN.keys())
def test_honest_texts_stay_to_the_byte(text: str) -> None:
    assert clean(text) is text or clean(text) == text
    assert count_hidden(text) == 0
    assert visible(text) == text.replace("\r\n", "\n")


def test_whatever_shows_nothing_is_hidden() -> None:
    """By Unicode's own categories, beside the list of what is ignorable by default."""
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in "\t\n" + _ALONE:
            assert is_suspect(character), hex(code)
            assert clean(f"a{character}é") in ("aé", "a\né", "a\ufffdé"), hex(code)


#: Of category Cf, and yet with a form of their own: signs before Arabic numbers, Egyptian joiners, shorthand.
_ALONE = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd" + "".join(
    map(chr, range(0x13430, 0x13440))
)
_ODD = st.text(st.sampled_from("a[]0m;\\\x1b\x9b\x9c\x9d\x07\r\n\u200c\u200d\ufe0f\u0645\u2764\u20e3\u061c\ud800" + TAGS[:2]))


@given(_ODD)
def test_what_is_clean_is_clean(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert count_hidden(clean(text)) == 0
    assert (count_hidden(text) == 0) == (clean(text) == text)


@given(_ODD)
def test_what_is_visible_hides_nothing_and_has_each_character(text: str) -> None:
    shown = visible(text)
    assert count_hidden(shown) == 0
    assert not any(0xD800 <= ord(character) < 0xE000 for character in shown)


@given(st.text(st.sampled_from('a"\\\x1b\u202e\u200b\n\x7f' + TAGS[:2])))
def test_a_json_text_stays_the_same_value_where_it_is_made_visible(text: str) -> None:
    assert json.loads(visible(json.dumps({"a": text}, ensure_ascii=False))) == {"a": text}


def test_a_document_is_cleaned_in_names_and_values_and_its_places_are_told() -> None:
    shared = {"description": "x\u200b"}
    document = {"a\u200b": [1, "y\u200b\u200b", {"fine": None}], "a": "lost", "one": shared, "two": shared}
    cleaned, found = clean_document(document)
    assert cleaned == {"a": [1, "y", {"fine": None}], "one": {"description": "x"}, "two": {"description": "x"}}
    assert cleaned["one"] is cleaned["two"]
    assert found == [Hidden("/a", 1), Hidden("/a/1", 2), Hidden("/one/description", 1)]


def test_what_is_clean_stays_the_object_that_it_is() -> None:
    document = {"a": [1, {"b": "c\n"}], "d": {"enum": ["\x1f", "\x01", "\t"], "pattern": "[\x00-\x1f]"}}
    cleaned, found = clean_document(document)
    assert cleaned is document
    assert found == []


def test_an_escape_character_is_no_separator() -> None:
    assert clean_document({"enum": ["\x1b"]}) == ({"enum": [""]}, [Hidden("/enum/0", 1)])


def test_a_schema_is_shown_without_hidden_characters_and_its_pattern_with_escapes() -> None:
    schema = {"description": f"A.{TAGS}", "pattern": "[\x00-\u200f]", "patternProperties": {"^\u200b": {}}, "enum": ["a\u202e"]}
    shown = json.loads(shown_json(schema))
    assert shown == {
        "description": "A.",
        "pattern": r"[\u0000-\u200f]",
        "patternProperties": {r"^\u200b": {}},
        "enum": ["a"],
    }
    assert shown_json({"description": "A\n“quoted” \\d"}) == '{"description":"A\\n“quoted” \\\\d"}'.encode()
