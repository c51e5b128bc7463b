"""HTML of documents as plain text, and texts that end with a sentence."""

import pytest

from registry.model.plain_text import first_sentence, plain_text, shortened


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain", "plain"),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ('<a href="https://x">the <b>page</b></a>', "the page"),
        ("a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#x27;", "a <b> & \"c\" 'd'"),
        ("an <id> and a <your-key>", "an <id> and a <your-key>"),
        ("1 < 2 > 0 && x", "1 < 2 > 0 && x"),
        ("https://x?a=1&copy=2", "https://x?a=1&copy=2"),
        ("the tag `<b>` and <b>bold</b>", "the tag `<b>` and bold"),
        ("```\n<p>code</p>\n```\n<p>text</p>", "```\n<p>code</p>\n```\n\ntext"),
        ("a<!-- hidden from people -->b", "ab"),
        ("a<!-- no end", "a<!-- no end"),
        ("hidden&#8203;&#x202e; marks<br>", "hidden marks"),
        ("<td>a</td><td>b</td>", "a  b"),
    ],
)
def test_html_becomes_text_and_nothing_else_does(given: str, expected: str) -> None:
    assert plain_text(given) == expected
    assert plain_text(expected) == expected or "<" in expected


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("One. Two. Three.", 100, "One. Two. Three."),
        ("One. Two. Three.", 11, "One. Two."),
        ("A very long first sentence that goes on", 20, "A very long first…"),
        ("x" * 50, 10, "x" * 9 + "…"),
        ("See v1.2 of it. More.", 18, "See v1.2 of it."),
        ("Said (so.) And more words", 14, "Said (so."),
        ("一。二。三。", 4, "一。二。"),
        ("A paragraph\n\nand another", 15, "A paragraph"),
    ],
)
def test_a_text_is_cut_between_sentences(text: str, most: int, expected: str) -> None:
    assert shortened(text, most) == expected
    assert len(shortened(text, most)) <= most


def test_the_first_sentence_is_found() -> None:
    assert first_sentence("Reads v1.2 of it. And more.", 100) == "Reads v1.2 of it."
    assert first_sentence("no end at all", 100) == "no end at all"


@pytest.mark.parametrize(
    "text", ["<" * 200_000, "<p " * 100_000, "<!--" * 100_000, "`" * 200_001, "&" * 200_000, "<a b" * 50_000]
)
def test_no_text_takes_long(text: str) -> None:
    assert plain_text(text) is not None
