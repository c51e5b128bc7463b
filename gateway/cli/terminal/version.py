"""`callgate --version`."""

from importlib.metadata import version

import typer


def tell_version() -> None:
    typer.echo(f"callgate {version('callgate-server')}")
