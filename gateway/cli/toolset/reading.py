"""What an import sends: the document, with what it refers to where the operator wants that in it, and its overlays."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import orjson
import typer

from gateway.cli.terminal.output import tell_cure
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.access import origin_of
from gateway.cli.toolset.bundle import AllowedReader
from gateway.cli.toolset.import_request import ImportRequest, read_document
from gateway.cli.toolset.questions import interview
from registry.document.bundling import NotAllowed, bundle
from registry.model.clean_text import visible
from registry.model.errors import DocumentInvalid, RegistryError

# A `$ref` in JSON or YAML that begins with anything but `#`.
_LEADS_OUT = re.compile(rb"""["']?\$ref["']?[ \t]*:[ \t]*["']?([^#"'\s{\[][^"'\s]*)""")
_SUFFIXES = (".json", ".yaml", ".yml")
_COMMAND = "import again with --bundle, or put them into one document first: `callgate toolset bundle`"


@dataclass(frozen=True, slots=True)
class Sent:
    """A document and its overlays, as they go to the gateway."""

    document: bytes
    overlays: tuple[bytes, ...] = ()


def read_sent(request: ImportRequest) -> Sent:
    """Raises BadParameter for what cannot be read."""
    return sent_of(request, read_document(request.source, request.headers))


def sent_of(request: ImportRequest, document: bytes) -> Sent:
    """The same of a document that has been read."""
    if request.bundle is not False and _LEADS_OUT.search(document):
        document = _bundled(request, document)
    return Sent(document, tuple(_overlay(request, location) for location in request.overlays))


def _overlay(request: ImportRequest, location: str) -> bytes:
    own = sources.is_url(location) and sources.is_url(request.source) and origin_of(location) == origin_of(request.source)
    try:
        return sources.read(location, headers=request.headers if own else sources.NO_HEADERS)
    except sources.SourceUnreadable as error:
        raise typer.BadParameter(f"the overlay {visible(str(error))}", param_hint="--manifest") from None


def _bundled(request: ImportRequest, document: bytes) -> bytes:
    """The document with the others of its directory in it, where the operator wants that."""
    try:
        found = bundle(*_reader(request, document))
    except (RegistryError, sources.SourceUnreadable) as error:
        return _apart(request, document, visible(str(error)))
    if len(found.documents) == 1:
        return document
    what = f"The document refers to {len(found.documents) - 1:,} others of its directory"
    asked = interview(yes=False)
    if asked.agrees(f"{what}. Put them into it?", request.bundle, default=asked.asks):
        return orjson.dumps(found.document)
    tell_cure(f"{what}, without which operations are missing: {_COMMAND}.")
    return document


def _apart(request: ImportRequest, document: bytes, why: str) -> bytes:
    """Raises BadParameter where the operator has asked for a bundle."""
    if request.bundle:
        raise typer.BadParameter(f"the document cannot be bundled: {why}", param_hint="--bundle")
    return document


def _reader(request: ImportRequest, document: bytes) -> tuple[str, "_Beside"]:
    """Raises DocumentInvalid for a document that lies nowhere."""
    if request.source == sources.STDIN:
        raise DocumentInvalid("a document on standard input lies in no directory")
    beside = urljoin(request.source, ".") if sources.is_url(request.source) else str(Path(request.source).resolve().parent)
    reader = AllowedReader(request.source, [beside], request.headers)
    return reader.entry, _Beside(reader, document)


@dataclass(frozen=True, slots=True)
class _Beside:
    """Reads what lies in the document's directory and below; the document itself has been read."""

    reader: AllowedReader
    document: bytes

    def __call__(self, location: str) -> bytes:
        """Raises NotAllowed, and SourceUnreadable. A document of a stranger's must not name the files of a home directory."""
        if location == self.reader.entry:
            return self.document
        if not urlsplit(location).path.endswith(_SUFFIXES):
            raise NotAllowed(location)
        return self.reader.read(location)
