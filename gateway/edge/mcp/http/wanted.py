"""What a client wants to be offered, as the URL says that it was given: `/mcp?toolset=orders&search=true`."""

from http import HTTPStatus
from urllib.parse import parse_qsl

from callgate.types import SchemaForm
from gateway.edge.mcp.http.refusals import Refused
from gateway.edge.mcp.options import DoorOptions

#: Characters of a query, and of its parts' names that a refusal repeats.
LONGEST, SHOWN = 1000, 40

CURE = "Write ?toolset=NAME, ?search=true or ?schema_form=inlined, with & between several."
_TRUTHS = {"true": True, "false": False}


def options_of(query: bytes) -> DoorOptions:
    """Raises Refused."""
    if len(query) > LONGEST:
        raise _wrong(f"the query of the URL is longer than {LONGEST:,} characters")
    try:
        parts = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError:
        raise _wrong("the query of the URL cannot be read") from None
    said = dict(parts)
    if len(said) < len(parts):
        raise _wrong("the query of the URL says something twice")
    if unknown := sorted(said.keys() - {"toolset", "search", "schema_form"}):
        raise _wrong(f"the URL asks for {unknown[0][:SHOWN]!r}, which there is not")
    search, form = said.get("search", "false"), said.get("schema_form")
    if search not in _TRUTHS:
        raise _wrong("`search` in the URL is neither true nor false")
    return DoorOptions(toolset=said.get("toolset") or None, search=_TRUTHS[search], schema_form=_form(form))


def _form(said: str | None) -> SchemaForm | None:
    try:
        return None if said is None else SchemaForm(said.upper())
    except ValueError:
        forms = ", ".join(form.lower() for form in SchemaForm)
        raise _wrong(f"`schema_form` in the URL is none of {forms}") from None


def _wrong(why: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, why, CURE)
