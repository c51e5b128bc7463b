"""How a call fetches the pages of a list: what its box is told, and what its caller is told of them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from gateway.model.errors import brief
from gateway.model.invocation import AnswerPages
from gateway.pipeline.next_arguments import next_arguments, parameter_of, read_next
from registry.calling.parameter_styles import encode
from registry.checking.argument_checker import ArgumentChecker
from registry.model.errors import ArgumentsInvalid, CheckerFailed
from registry.model.json_pointer import find
from registry.model.shaping import Pagination, PaginationKind
from registry.model.tool import Draft, JsonObject, Parameter, ToolVersion
from sandbox.api.job import PagedList
from sandbox.api.result import FetchedPages

HIDDEN = "what leads to the next page has the tool's secret in it, so it is not told"
MISFIT = "what leads to the next page is not told, since the tool does not take it"


@dataclass(frozen=True, slots=True)
class PagedCall:
    """What a call has asked for: the `url` has its arguments, and all that the operator fills."""

    version: ToolVersion
    arguments: JsonObject
    url: str


def pages_of(draft: Draft, arguments: JsonObject) -> PagedList | None:
    """What the runner needs, for a call with these arguments. None where the manifest says nothing of pages."""
    paged = draft.pagination
    if paged is None:
        return None
    parameter = parameter_of(draft, paged)
    in_body = paged.argument.startswith("/")
    return PagedList(
        paged.pages,
        paged.kind.value,
        paged.items,
        next=paged.next,
        more=paged.more,
        query=encode(parameter.name) if parameter else "",
        body="/" + paged.argument.split("/", 2)[2] if in_body else "",
        start=_start(paged, _given(paged, parameter, arguments)),
    )


async def told_pages(checker: ArgumentChecker, tenant: str, asked: PagedCall, pages: FetchedPages) -> AnswerPages:
    """What the caller is told: with the arguments by which it gets what comes next, where those work."""
    further: JsonObject | str = HIDDEN
    if not pages.hidden:
        further = await _offered(checker, tenant, asked, pages.next) if pages.next else ""
    offered, why = ("", further) if isinstance(further, str) else (orjson.dumps(further).decode(), "")
    return AnswerPages(
        pages.fetched,
        pages.items,
        more=bool(pages.next),
        next_arguments=offered,
        stopped=pages.stopped,
        message="; ".join(note for note in (pages.why, why) if note),
    )


async def _offered(checker: ArgumentChecker, tenant: str, asked: PagedCall, told: str) -> JsonObject | str:
    """Arguments that work, or why none can be offered. What looks as if it led on, and does not, costs a caller a call."""
    further = next_arguments(asked.version.draft, asked.arguments, asked.url, told)
    if isinstance(further, str):
        return f"{MISFIT}: {further}"
    try:
        await checker.read(tenant, asked.version, orjson.dumps(asked.arguments | further))
    except (ArgumentsInvalid, CheckerFailed, TypeError) as error:  # a number may be of more than 64 bits
        return f"{MISFIT}: {brief(str(error))}"
    return further


def next_link(draft: Draft, links: tuple[tuple[str, str], ...], pages: FetchedPages) -> tuple[tuple[str, str], ...]:
    """The links of the first page's headers, with that to the page behind the last one in the place of its own."""
    if draft.pagination is None or draft.pagination.kind is not PaginationKind.LINK or draft.pagination.next:
        return links
    others = tuple(link for link in links if link[0] != "next")
    url = None if pages.hidden else read_next(pages.next)
    return (("next", url), *others) if isinstance(url, str) and _is_web(url) else others


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:  # an upstream's text
        return False


def _given(paged: Pagination, parameter: Parameter | None, arguments: JsonObject) -> Any:
    if parameter is not None:
        return arguments.get(parameter.argument, parameter.default)
    return next(iter(find(paged.argument, arguments)), None) if paged.argument else None


def _start(paged: Pagination, given: Any) -> int:
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given[:18])
    return int(given) if isinstance(given, int | float) and not isinstance(given, bool) else paged.start
