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

from gateway.cli.toolset import importing, publishing, states, verify, watch
from gateway.cli.toolset.bundle import bundle_document
from gateway.cli.toolset.init_toolset import init_toolset


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    for group in (importing, watch, states, publishing, verify):
        group.register(commands)
    commands.command("bundle")(bundle_document)
    commands.command("init")(init_toolset)
    app.add_typer(commands, name="toolset", help="Turn OpenAPI documents into tools, and decide which versions may be called.")
