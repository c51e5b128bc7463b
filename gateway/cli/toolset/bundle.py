"""`callgate toolset bundle`: puts a document of many files into one, from files and URLs that the operator allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer

from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import USAGE, refusal
from gateway.cli.terminal.files import write_file
from gateway.cli.terminal.options import Form
from gateway.cli.terminal.options import Output as Results
from gateway.cli.terminal.output import show_text
from gateway.cli.terminal.words import ANY_BYTES
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.access import Header, Headers, headers_from, origin_of
from gateway.cli.toolset.import_request import DocumentUnreadable
from registry.document.bundling import NotAllowed, bundle
from registry.model.clean_text import visible
from registry.model.errors import RegistryError


def bundle_document(
    source: Annotated[str, typer.Argument(help="the document that refers to the others: a file or URL"), ANY_BYTES],
    output: Annotated[Path, typer.Option(help="the file to write, in JSON")],
    allow: Annotated[
        list[str] | None,
        typer.Option(help="a file, directory or URL that may be read, too; may be repeated", metavar="PATH|URL"),
        ANY_BYTES,
    ] = None,
    header: Header = None,
    form: Results = Form.TABLE,
) -> None:
    """Put a document and what it refers to into one file. Only SOURCE and what --allow names is read.

    Every other command reads one file and follows no reference out of it.
    """
    reader = AllowedReader(source, allow or [], headers_from(header))
    try:
        made = bundle(reader.entry, reader.read)
    except RegistryError as error:
        raise refusal(error, code=USAGE) from None
    except sources.SourceUnreadable as error:
        raise DocumentUnreadable(visible(str(error)), param_hint="SOURCE") from None
    write_file(output, orjson.dumps(made.document, option=orjson.OPT_INDENT_2), named_by="--output")
    if not shown_as(form, {"file": output, "documents": made.documents}):
        show_text(f"{len(made.documents):,} documents in {output}")


class AllowedReader:
    """Reads what the operator named, and nothing else. It decides about resolved links, and follows no redirect."""

    def __init__(self, source: str, allowed: Sequence[str], headers: Headers = sources.NO_HEADERS) -> None:
        """`headers` are for the entry's own server."""
        self._headers = headers
        self.entry = source if sources.is_url(source) else str(Path(source).resolve())
        self._urls = [_Url.of(one) for one in allowed if sources.is_url(one)]
        self._paths = [Path(one).resolve() for one in allowed if not sources.is_url(one)]

    def read(self, location: str) -> bytes:
        """Raises NotAllowed, and SourceUnreadable."""
        if location == self.entry:
            return sources.read(location, headers=self._headers)
        if sources.is_url(location):
            if not any(allowed.covers(_Url.of(location)) for allowed in self._urls):
                raise NotAllowed(location)
            own = sources.is_url(self.entry) and origin_of(location) == origin_of(self.entry)
            return sources.read(location, headers=self._headers if own else sources.NO_HEADERS, redirects=False)
        path = Path(location).resolve()
        if not any(allowed == path or allowed in path.parents for allowed in self._paths):
            raise NotAllowed(location)
        return sources.read(str(path))


@dataclass(frozen=True, slots=True)
class _Url:
    origin: str
    segments: tuple[str, ...]

    @staticmethod
    def of(url: str) -> "_Url":
        parts = urlsplit(url)
        return _Url(f"{parts.scheme}://{parts.netloc}", tuple(segment for segment in parts.path.split("/") if segment))

    def covers(self, other: "_Url") -> bool:
        """Whether `other` is this URL or lies below it. A URL with dot segments, which would lead out again, does not."""
        below = other.segments[: len(self.segments)] == self.segments
        return self.origin == other.origin and below and not {".", "..", "%2e%2e", "%2E%2E"} & set(other.segments)
