"""Markdown as the reference pages have it."""

import ast
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
WIDTH = 128


class Unsaid(Exception):
    """Neither the source nor the module's own table says what this name means."""


def head(title: str, module: str, sources: Sequence[str], text: str) -> str:
    """The beginning of a page: what it is, and what it is made of."""
    told = ", ".join(f"`{source}`" for source in sources)
    return f"# {title}\n\n{paragraph(text)}\n\n{paragraph(f'`make reference` makes this page of {told} (`{module}`).')}\n"


def paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cell(text) for text in line)} |\n" for line in lines)


def cell(text: str) -> str:
    """The text in one line, in which no bar ends the cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def anchor(heading: str) -> str:
    """The name of a heading, as links have it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sentence(text: str) -> str:
    """The text with a full stop, and a capital where it begins with a word."""
    text = text.strip()
    text = text if text.endswith((".", "!", "?", ":", "…", "```")) else f"{text}."
    return text if text.startswith("`") else text[:1].upper() + text[1:]


def field_texts(source: Path, name: str) -> dict[str, str]:
    """What a class says of its fields: in the string after each, or in the `#:` lines before it."""
    [body] = [
        node.body for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.ClassDef) and node.name == name
    ]
    texts = {}
    for field, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (text := _string(after)):
            texts[field.target.id] = " ".join(text.split())
    return texts


def _string(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return ""
