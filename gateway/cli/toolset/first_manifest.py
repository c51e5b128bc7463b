"""The text of a toolset's first manifest: what the operator has decided, and as comments what is still to be decided.

A line that begins with `# ` is a decision: without these two characters it is a part of the manifest, which is as good with all
of them as with none. A line that begins with `## ` is for the reader alone.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.cli.terminal.data import as_yaml
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.decisions import USUAL_FIELD, Decisions, usual_path
from gateway.cli.toolset.next_commands import called_first
from registry.compiler.open_questions import OpenQuestions
from registry.compiler.paged_lists import proposed_pages
from registry.compiler.shared_arguments import shared_arguments
from registry.manifest.toolset import CredentialSource
from registry.model.clean_text import visible
from registry.model.tool import Draft

#: Tools that act and are named one by one, for a person who begins. A document may have thousands.
LISTED = 20
_INTRODUCTION = (
    "## A line that begins with one # is a decision: make it and take `# ` away, or leave it as it is, or out. ## are notes.",
)


def manifest_text(
    decided: Decisions,
    source: str,
    manifest: Path,
    open_questions: OpenQuestions,
    drafts: Sequence[Draft],
    *,
    listed: int = LISTED,
) -> str:
    """`source` is the document, as the operator named it from where the command runs. `listed`: how many acting tools at most
    are named one by one."""
    parts = (
        _INTRODUCTION,
        _place(decided, source, manifest, open_questions),
        _prefix(decided),
        _secrets(decided, open_questions),
        _selection(drafts),
        _defaults(drafts),
        _operations(drafts, listed),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, parts) if lines) + "\n"


def _place(decided: Decisions, source: str, manifest: Path, open_questions: OpenQuestions) -> Iterator[str]:
    server = {"server": decided.server} if decided.server else {}
    yield from _lines({"toolset": decided.toolset, "source": _beside(source, manifest), **server})
    if sources.is_url(source) and sources.origin(source) != source:
        yield "## The URL's user information and query are left out above: they may be secret, and others may read this file."
    if server:
        return
    if open_questions.lacks_server:
        yield "## The document does not say where its API is: no operation without a server becomes a tool."
    else:
        yield from _notes("## In place of the document's own server:", open_questions.servers)
    yield from _decisions({"server": "https://api.example.com"})


def _prefix(decided: Decisions) -> Iterator[str]:
    yield "## Begins each tool's name, where another toolset has tools of the same names."
    yield from _decisions({"prefix": f"{decided.toolset.replace('-', '_')[:31]}_"})


def _secrets(decided: Decisions, open_questions: OpenQuestions) -> Iterator[str]:
    """The schemes without a secret are left open."""
    named = {one.scheme: _secret(one) for one in decided.credentials}
    usual = {"path": usual_path(decided.toolset), "field": USUAL_FIELD}
    left = {scheme: usual.copy() for scheme in _all(open_questions) if scheme not in named}
    if named:
        yield from _lines({"credentials": named})
    if left:
        yield "## Where Vault keeps the secret of each security scheme: `callgate secret set PATH FIELD` stores it."
        yield from [*_decisions({"credentials": left})][bool(named) :]


def _all(open_questions: OpenQuestions) -> tuple[str, ...]:
    return (*open_questions.schemes, *open_questions.together)


def _secret(one: CredentialSource) -> dict[str, str]:
    if one.username_field:
        return {"path": one.path, "username_field": one.username_field, "password_field": one.field}
    return {"path": one.path, "field": one.field}


def _selection(drafts: Sequence[Draft]) -> Iterator[str]:
    yield "## Operations that agents do not see. The call that is proposed at the end is of another one."
    first = called_first(drafts)
    excluded = next((draft for draft in drafts if draft is not first), drafts[0])
    yield from _decisions({"exclude": [excluded.operation.route]})


def _defaults(drafts: Sequence[Draft]) -> Iterator[str]:
    """What each request may need that no agent should choose."""
    shared = shared_arguments(drafts)
    yield "## Sent with each request: a name that the API's operator knows you by, and other headers that it asks for."
    if shared:
        yield "## Most operations take these arguments; an agent neither sees nor chooses what is given here."
    arguments = {"arguments": shared} if shared else {}
    yield from _decisions({"defaults": {"headers": {"User-Agent": "agents of example.com (ops@example.com)"}, **arguments}})


def _operations(drafts: Sequence[Draft], listed: int) -> Iterator[str]:
    """What is asked of single operations: of those that act, and of lists."""
    acting = [draft for draft in drafts if draft.effect.acts]
    given = shared_arguments(drafts)
    paged = [(one, pages) for one in drafts if (pages := proposed_pages(one)) and pages.get("argument") not in given]
    if acting:
        yield "## Tools that act. Must a person approve their calls? May one of them be repeated, or another one not after all?"
        yield "## An effect of IDEMPOTENT says that a second call changes nothing more, one of NON_IDEMPOTENT that it may."
    if paged:
        yield "## Lists that come in pages: so one call fetches up to ten of them and makes one answer."
    lists = {draft.operation.route: {"pagination": pages} for draft, pages in paged[:listed]}
    if acting or lists:
        yield from _decisions({"operations": {**_guarded(acting, listed), **lists}})
    if (left := max(0, len(acting) - listed) + len(paged) - len(lists)) > 0:
        yield f"## … and {left:,} more: `callgate toolset init` lists them all."


def _guarded(drafts: Sequence[Draft], listed: int) -> dict[str, Any]:
    """Each tool whose call may change something, those first whose second call would change it again."""
    named = sorted(drafts, key=lambda draft: draft.effect.repeatable)[:listed]
    return {draft.operation.route: {"requires_approval": True, "effect": str(draft.effect)} for draft in named}


def _notes(introduction: str, texts: Iterable[str]) -> Iterator[str]:
    """One line, whatever ends of lines the document has in its texts."""
    if told := ", ".join(" ".join(text.split()) for text in texts):
        yield visible(f"{introduction} {told}")


def _beside(source: str, manifest: Path) -> str:
    """A manifest names the document relative to itself, and a URL without what may be secret."""
    if sources.is_url(source):
        return sources.origin(source)
    if Path(source).is_absolute():
        return source
    return os.path.relpath(source, manifest.parent)


def _decisions(value: dict[str, Any]) -> Iterator[str]:
    return (f"# {line}" for line in _lines(value))


def _lines(value: dict[str, Any]) -> list[str]:
    """As YAML takes them for these texts and for nothing else."""
    return as_yaml(value).removeprefix("---\n").split("\n")
