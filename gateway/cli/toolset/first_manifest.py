"""The text of a toolset's first manifest: what the operator has decided, and as comments what is still to be decided."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.cli.terminal.data import as_yaml
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.decisions import USUAL_FIELD, Decisions, usual_path
from registry.compiler.open_questions import OpenQuestions
from registry.manifest.toolset import CredentialSource
from registry.model.clean_text import visible
from registry.model.tool import Draft

#: Tools that act and are named one by one. A document may have thousands.
LISTED = 20


def manifest_text(
    decided: Decisions, source: str, manifest: Path, open_questions: OpenQuestions, drafts: Sequence[Draft]
) -> str:
    """`source` is the document, as the operator named it from where the command runs."""
    parts = (
        ["# Written by `callgate init`. A line that begins with # is open: decide it, and take the # away, or leave it out."],
        _place(decided, source, manifest, open_questions),
        _secrets(decided, open_questions),
        _selection(drafts),
        _acting([draft for draft in drafts if not draft.effect.repeatable]),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, parts) if lines) + "\n"


def _place(decided: Decisions, source: str, manifest: Path, open_questions: OpenQuestions) -> Iterator[str]:
    server = {"server": decided.server} if decided.server else {}
    yield from _lines({"toolset": decided.toolset, "source": _beside(source, manifest), **server})
    if sources.is_url(source) and sources.origin(source) != source:
        yield "# The URL's user information and query are left out above: they may be secret, and this file is for all to read."
    if not server and not open_questions.lacks_server:
        yield "# server: https://api.example.com     # in place of the document's own"


def _secrets(decided: Decisions, open_questions: OpenQuestions) -> Iterator[str]:
    """The schemes without a secret are left open."""
    named = {one.scheme: _secret(one) for one in decided.credentials}
    usual = {"path": usual_path(decided.toolset), "field": USUAL_FIELD}
    left = {scheme: usual.copy() for scheme in _all(open_questions) if scheme not in named}
    if named:
        yield from _lines({"credentials": named})
    if left:
        yield from (f"# {line}" for line in _lines({"credentials": left})[bool(named) :])


def _all(open_questions: OpenQuestions) -> tuple[str, ...]:
    return (*open_questions.schemes, *open_questions.together)


def _secret(one: CredentialSource) -> dict[str, str]:
    if one.username_field:
        return {"path": one.path, "username_field": one.username_field, "password_field": one.field}
    return {"path": one.path, "field": one.field}


def _selection(drafts: Sequence[Draft]) -> Iterator[str]:
    yield f"# exclude: [{drafts[0].name}]     # operations that agents do not see"


def _acting(drafts: Sequence[Draft]) -> Iterator[str]:
    """Each tool whose call may change something that a second call would change again."""
    if not drafts:
        return
    yield "# Tools that act, and may not act twice. Must a person approve their calls? May one of them be repeated after all?"
    yield "# operations:"
    for draft in drafts[:LISTED]:
        yield f"#   {draft.name}:     # {visible(f'{draft.operation.method} {draft.operation.path}')}"
        yield "#     requires_approval: true"
        yield f"#     effect: {draft.effect}     # or IDEMPOTENT, where a second call changes nothing more"
    if len(drafts) > LISTED:
        yield f"#   … and {len(drafts) - LISTED:,} more"


def _beside(source: str, manifest: Path) -> str:
    """A manifest names the document relative to itself, and a URL without what may be secret."""
    if sources.is_url(source):
        return sources.origin(source)
    if Path(source).is_absolute():
        return source
    return os.path.relpath(source, manifest.parent)


def _lines(value: dict[str, Any]) -> list[str]:
    """As YAML takes them for these texts and for nothing else."""
    return as_yaml(value).removeprefix("---\n").split("\n")
