"""What an import is about: a document, and what the operator says about it in options and in a manifest."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from callgate import CredentialSource
from gateway.cli.terminal.exit_codes import USAGE, refusal
from gateway.cli.terminal.output import tell
from gateway.cli.terminal.words import ANY_BYTES
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.access import Header, Headers, headers_from
from registry.manifest.named_secrets import CERTIFICATE, named_secrets
from registry.manifest.reader import ReadManifest, read_manifest
from registry.manifest.toolset import ToolsetHeader
from registry.model.clean_text import visible
from registry.model.errors import ManifestInvalid

#: The manifest that is read where the operator names no document.
MANIFEST = Path("callgate.toolset.yaml")

Source = Annotated[
    str,
    typer.Argument(help="an OpenAPI document, JSON or YAML, or either in gzip: a file, an http(s) URL, - for stdin"),
    ANY_BYTES,
]
Server = Annotated[str, typer.Option(help="the API's base URL, in place of the document's own", metavar="URL")]

_CREDENTIAL = re.compile(r"(?P<scheme>[^=]+)=(?P<path>[^#]+)#(?:(?P<user>[^:]+):)?(?P<field>[^:]+)")


@dataclass(frozen=True, slots=True, order=True)
class SecretField:
    """A secret in Vault that a credential names, by the API's path, and the field that holds the value; empty where none is
    stored. `issues`: what is there is made when it is asked for."""

    path: str
    field: str
    issues: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """`source` is the document's path or URL. `secrets` are those that options and manifest name.

    `headers` are for the document's own server. `bundle`: whether what the document refers to below its directory goes into it;
    None: the person at the terminal is asked. `overlays` are paths and URLs.
    """

    source: str
    toolset: str
    server: str
    credentials: tuple[CredentialSource, ...]
    require_approval: tuple[str, ...]
    manifest: bytes
    secrets: frozenset[SecretField]
    headers: Headers = field(default_factory=dict, repr=False)
    bundle: bool | None = None
    overlays: tuple[str, ...] = ()


def import_request(
    source: Source = "",
    *,
    name: Annotated[str, typer.Option(help="the toolset's name, such as orders")] = "",
    manifest: Annotated[
        Path | None, typer.Option(help=f"the toolset's manifest; without this and SOURCE, {MANIFEST} if there is one")
    ] = None,
    server: Server = "",
    credential: Annotated[
        list[str] | None,
        typer.Option(help="where Vault keeps the secret of a security scheme; may be repeated", metavar="SCHEME=PATH#FIELD"),
    ] = None,
    require_approval: Annotated[
        list[str] | None,
        typer.Option(help="tools whose calls a person must approve, such as 'pay_*'; may be repeated", metavar="PATTERN"),
    ] = None,
    header: Header = None,
    bundle: Annotated[
        bool | None,
        typer.Option("--bundle/--no-bundle", help="put into the document what it refers to in its own directory, and below"),
    ] = None,
) -> ImportRequest:
    """Raises BadParameter where no document or no name is given; ends the program where the manifest is wrong."""
    file = manifest or (MANIFEST if not source and MANIFEST.is_file() else None)
    raw = _read(file) if file else b""
    said = _understood(raw, file) if file else ReadManifest(ToolsetHeader(""), None)
    source, toolset = source or _beside(file, said.source), name or said.header.toolset
    if not source:
        raise typer.BadParameter("name a document, or a manifest that names one", param_hint="SOURCE")
    if not toolset:
        raise typer.BadParameter("name the toolset, or pass a manifest that does", param_hint="--name")
    named = tuple(credential_source(text) for text in credential or ())
    return ImportRequest(
        source=source,
        toolset=toolset,
        server=server,
        credentials=named,
        require_approval=tuple(require_approval or ()),
        manifest=raw,
        secrets=frozenset((*_of_options(named), *_of_manifest(said.header))),
        headers=headers_from(header),
        bundle=bundle,
        overlays=tuple(_beside(file, overlay) for overlay in said.overlays),
    )


class DocumentUnreadable(typer.BadParameter):
    """A file or a server fails the command, and not its words: so how it is used is not told again."""

    def show(self, file: object = None) -> None:
        tell(self.message, style="red")


def read_document(source: str, headers: Headers = sources.NO_HEADERS) -> bytes:
    """Raises DocumentUnreadable."""
    try:
        return sources.read(source, headers=headers)
    except sources.SourceUnreadable as error:
        raise DocumentUnreadable(visible(str(error)), param_hint="SOURCE") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="--manifest") from None


def _understood(raw: bytes, file: Path) -> ReadManifest:
    try:
        return read_manifest(raw)
    except ManifestInvalid as error:
        raise refusal(ManifestInvalid(f"{file}: {error}", cure=error.cure), code=USAGE) from None


def _beside(file: Path | None, source: str | None) -> str:
    """The document's path: a manifest names it relative to the manifest, wherever the command is run."""
    if file is None or source is None or sources.is_url(source):
        return source or ""
    return str(file.parent / source)


def _of_options(sources: Iterable[CredentialSource]) -> Iterator[SecretField]:
    return (SecretField(one.path, field) for one in sources for field in (one.username_field, one.field) if field)


def _of_manifest(header: ToolsetHeader) -> Iterator[SecretField]:
    return (
        SecretField(one.path, field, issues=not field and one.pointer.endswith(CERTIFICATE))
        for one in named_secrets(header)
        for field in one.fields or ("",)
    )


def credential_source(text: str) -> CredentialSource:
    """Two fields, USER:PASSWORD, are those of HTTP Basic. Raises BadParameter."""
    parts = _CREDENTIAL.fullmatch(text)
    if not parts:
        cure = (
            "write SCHEME=PATH#FIELD, such as bearerAuth=secret/data/orders#token, or for HTTP Basic #USERFIELD:PASSWORDFIELD"
        )
        raise typer.BadParameter(cure, param_hint="--credential")
    return CredentialSource(parts["scheme"], parts["path"], parts["field"], parts["user"] or "")
