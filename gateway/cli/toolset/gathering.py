"""What a toolset command is about: a document and what the operator says of it, in words and in a manifest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from callgate import CredentialBinding
from gateway.cli.terminal.connection import REFUSED
from gateway.cli.terminal.output import tell, tell_cure
from gateway.cli.toolset import source as sources
from registry.manifest.reader import ReadManifest, read_manifest
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import ManifestInvalid

MANIFEST = Path("callgate.toolset.yaml")
#: Taken where no document is named.

_CREDENTIAL = re.compile(r"(?P<scheme>[^=]+)=(?P<path>[^#]+)#(?P<field>.+)")


@dataclass(frozen=True, slots=True)
class Words:
    """What was said on the command line. Empty: nothing."""

    source: str = ""
    name: str = ""
    server: str = ""
    credentials: tuple[str, ...] = ()
    require_approval: tuple[str, ...] = ()
    manifest: Path | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """`source` is the document's path or URL. `secrets` are paths in Vault that the operator named, in words or manifest."""

    source: str
    toolset: str
    server: str
    credentials: tuple[CredentialBinding, ...]
    require_approval: tuple[str, ...]
    manifest: bytes
    secrets: frozenset[str]


def gather(words: Words) -> Gathered:
    """Raises BadParameter where no document or no name is said; ends the program where the manifest is wrong."""
    file = words.manifest or (MANIFEST if not words.source and MANIFEST.is_file() else None)
    raw = _read(file) if file else b""
    said = _understood(raw) if file else ReadManifest(ToolsetHeader(""), None)
    source, toolset = words.source or _beside(file, said.source), words.name or said.header.toolset
    if not source:
        raise typer.BadParameter("name a document, or a manifest that names one", param_hint="SOURCE")
    if not toolset:
        raise typer.BadParameter("name the toolset, or pass a manifest that does", param_hint="--name")
    bindings = tuple(_binding(text) for text in words.credentials)
    secrets = frozenset((*(one.path for one in bindings), *_secrets(said.header)))
    return Gathered(source, toolset, words.server, bindings, words.require_approval, raw, secrets)


def read_document(source: str) -> bytes:
    try:
        return sources.read(source)
    except sources.SourceUnreadable as error:
        raise typer.BadParameter(str(error), param_hint="SOURCE") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="--manifest") from None


def _understood(raw: bytes) -> ReadManifest:
    try:
        return read_manifest(raw)
    except ManifestInvalid as error:
        tell(str(error), style="red")
        tell_cure(error.cure)
        raise typer.Exit(REFUSED) from None


def _beside(file: Path | None, source: str | None) -> str:
    """A manifest names its document as it lies beside it, wherever the command is run."""
    if file is None or source is None or sources.is_url(source):
        return source or ""
    return str(file.parent / source)


def _secrets(header: ToolsetHeader) -> Iterator[str]:
    yield from (one.path for one in header.credentials)
    manifest = header.manifest
    for settings in (manifest.defaults, *(group.settings for group in manifest.groups), *manifest.operations.values()):
        if settings.get("credential"):
            yield settings["credential"]["path"]


def _binding(text: str) -> CredentialBinding:
    parts = _CREDENTIAL.fullmatch(text)
    if not parts:
        cure = "write SCHEME=PATH#FIELD, such as bearerAuth=secret/data/orders#token"
        raise typer.BadParameter(cure, param_hint="--credential")
    return CredentialBinding(parts["scheme"], parts["path"], parts["field"])
