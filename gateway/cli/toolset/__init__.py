"""`callgate init`, `toolset` and `secret`: the operator turns OpenAPI documents into tools, decides which versions may be
called, and stores what their credentials name.

Knows: documents and manifests, the gateway through the SDK, and the operator's Vault, in which tools get their token roles.
Must not know: the gateway's configuration, or the other rooms' commands.

The map: `importing` has `import`, `plan` and `apply`; `watch` repeats an import, `states` moves versions, `publishing` shows
toolsets to other tenants; `verify`, `bundle`, `init` and `init_toolset` need no gateway. `init` asks by `questions` for
`decisions`, and `init_toolset` leaves them open; both write a `new_manifest` with the text of `first_manifest`, and `init`
tells the `next_commands`. `import_request` combines the options with the manifest,
`source` fetches a document, `operator_vault` finds the Vault in which `provision` makes the token roles and `secret` stores
secrets; `progress` and `report` are what the operator sees, `plan_verdict` is what a pipeline does.
"""

import typer

from gateway.cli.terminal.later import Later, group_of
from gateway.cli.toolset import importing, publishing, states, watch
from gateway.cli.toolset.bundle import bundle_document
from gateway.cli.toolset.init_toolset import init_toolset

#: An independent reader of documents takes as long to import as all the others.
_LATER = {
    "verify": Later(
        "gateway.cli.toolset.verify",
        "Build sample requests for each operation, and let an independent reader of the document judge them.",
    )
}


def register(app: typer.Typer) -> None:
    commands = typer.Typer(cls=group_of(_LATER), no_args_is_help=True)
    for group in (importing, watch, states, publishing):
        group.register(commands)
    commands.command("bundle")(bundle_document)
    commands.command("init")(init_toolset)
    app.add_typer(commands, name="toolset", help="Turn OpenAPI documents into tools, and decide which versions may be called.")
