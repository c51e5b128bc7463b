"""`callgate toolset init`: writes a manifest in which every decision that a person must make is there to be made."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text, tell
from gateway.cli.toolset.access import Header, headers_from, typed_again
from gateway.cli.toolset.decisions import Decisions, title_name
from gateway.cli.toolset.first_manifest import manifest_text
from gateway.cli.toolset.import_request import MANIFEST
from gateway.cli.toolset.new_manifest import read_to_begin, require_absent, write_manifest
from gateway.cli.toolset.next_commands import plan_command
from registry.compiler.compiler import require_toolset_name
from registry.model.errors import RegistryError

#: Of a document whose title makes no name.
UNNAMED = "tools"
#: What stands for a server while a document without one is looked at. Nothing is sent there, and it is not written.
_ANYWHERE = "https://api.example.com"


def init_toolset(
    source: Annotated[
        str, typer.Argument(help="an OpenAPI document, JSON or YAML, or either in gzip: a file, or an http(s) URL")
    ],
    *,
    name: Annotated[str, typer.Option(help="the toolset's name, such as orders; without this, of the document's title")] = "",
    header: Header = None,
    manifest: Annotated[Path, typer.Option(help="the file to write; one that is there is left as it is")] = MANIFEST,
    form: Output = Form.TABLE,
) -> None:
    """Write a manifest of a document, with each decision that a person must make as a comment to be taken in.

    The server, the prefix of names, secrets, headers, arguments that most operations share, and for each operation that may
    change something its effect and its approval. It asks nothing, and it is a valid manifest as it stands, and with any of its
    decisions made. `callgate init` asks instead. No gateway is asked.
    """
    require_absent(manifest)
    document = read_to_begin(source, headers_from(header))
    decided = Decisions(_name(name or title_name(document.open.title) or UNNAMED), "", (), promote=False)
    looked_at = Decisions(decided.toolset, _ANYWHERE if document.open.lacks_server else "", (), promote=False)
    drafts = document.compiled(looked_at).drafts
    text = manifest_text(decided, document.source, manifest, document.open, drafts, listed=len(drafts))
    write_manifest(manifest, text)
    if shown_as(form, {"manifest": manifest, "toolset": decided.toolset, "tools": [draft.name for draft in drafts]}):
        return
    tell(f"{manifest} is written. Tools: {len(drafts):,}. Decide what it leaves open, and type then:")
    show_text(plan_command(manifest, tuple(typed_again(header))))


def _name(name: str) -> str:
    try:
        return require_toolset_name(name)
    except RegistryError as error:
        raise typer.BadParameter(f"{error}. {error.cure}", param_hint="--name") from None
