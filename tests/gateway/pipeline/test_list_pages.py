"""What a caller is told of a list's pages, whatever the upstream calls the next one."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.model.invocation import AnswerPages
from gateway.pipeline.list_pages import HIDDEN, MISFIT, PagedCall, next_link, told_pages
from registry.checking.argument_checker import ArgumentChecker
from registry.model.shaping import Pagination, PaginationKind
from registry.model.tool import Filling, Parameter, ToolVersion, ValuePlace
from sandbox.api.result import FetchedPages
from tests.gateway.vaults import version_named

VERSION = version_named("orders")
DRAFT = replace(VERSION.draft, pagination=Pagination(PaginationKind.LINK, ""))


@pytest.fixture
async def checker() -> AsyncIterator[ArgumentChecker]:
    checker = ArgumentChecker()
    yield checker
    await checker.close()


@pytest.mark.parametrize("url", ["http://[", "http://h/?" + "&a=1" * 300, "http://h/?" + "a" * 100_000, "\u2100://x", ""])
async def test_a_next_page_of_any_name_is_told_or_left_out(checker: ArgumentChecker, url: str) -> None:
    pages = FetchedPages(1, 1, next=json.dumps(url), stopped="FAILED", why="it is no URL")
    told = await told_pages(checker, "acme", PagedCall(replace(VERSION, draft=DRAFT), {}, "https://h/ask"), pages)
    assert (told.more, told.next_arguments, MISFIT in told.message) == (True, "", True)
    links = next_link(DRAFT, (("next", "https://h/2"), ("last", "https://h/9")), pages)
    assert ("last", "https://h/9") in links
    assert ("next", "https://h/2") not in links


def listing(kind: str) -> ToolVersion:
    """A tool whose lists go on by an argument of this type."""
    parameter = Parameter("cursor", "cursor", ValuePlace.QUERY, "form", explode=True, required=False)
    draft = replace(
        VERSION.draft,
        pagination=Pagination(PaginationKind.CURSOR, "/items", argument="cursor", next="/next"),
        operation=replace(VERSION.draft.operation, parameters=(parameter,)),
        input_schema={"type": "object", "properties": {"cursor": {"type": kind}}, "additionalProperties": False},
    )
    return replace(VERSION, draft=draft)


async def continued(checker: ArgumentChecker, kind: str, pages: FetchedPages) -> AnswerPages:
    return await told_pages(checker, "acme", PagedCall(listing(kind), {}, "https://h/ask"), pages)


WORKING = [
    ("string", '"abc"', '{"cursor":"abc"}'),
    ("string", "7", '{"cursor":"7"}'),
    ("string", "1.10", '{"cursor":"1.10"}'),
    ("string", "12345678901234567890123", '{"cursor":"12345678901234567890123"}'),
    ("integer", "7", '{"cursor":7}'),
]


@pytest.mark.parametrize(("kind", "cursor", "arguments"), WORKING)
async def test_what_leads_on_is_told_as_the_tool_takes_it(
    checker: ArgumentChecker, kind: str, cursor: str, arguments: str
) -> None:
    told = await continued(checker, kind, FetchedPages(1, 1, cursor))
    assert (told.more, told.next_arguments, told.message) == (True, arguments, "")


MISFITS = [("string", '{"a":1}'), ("string", "[1]"), ("integer", '"abc"'), ("integer", "12345678901234567890123")]


@pytest.mark.parametrize(("kind", "cursor"), MISFITS)
async def test_what_the_tool_does_not_take_is_not_offered_and_the_reason_is_told(
    checker: ArgumentChecker, kind: str, cursor: str
) -> None:
    told = await continued(checker, kind, FetchedPages(1, 1, cursor, "FAILED", "the cursor is neither a text nor a number"))
    assert (told.more, told.next_arguments, told.stopped) == (True, "", "FAILED")
    assert told.message.startswith(f"the cursor is neither a text nor a number; {MISFIT}: ")


async def test_what_is_no_json_leads_nowhere(checker: ArgumentChecker) -> None:
    told = await continued(checker, "string", FetchedPages(1, 1, "t["))
    assert (told.more, told.next_arguments, MISFIT in told.message) == (True, "", True)


async def test_what_a_secret_was_taken_out_of_is_not_offered(checker: ArgumentChecker) -> None:
    told = await continued(checker, "string", FetchedPages(1, 1, '"5-[REDACTED]"', hidden=True))
    assert (told.more, told.next_arguments, told.message) == (True, "", HIDDEN)


TYPES = {"page": {"type": "integer"}, "q": {"type": "string"}, "ids": {"type": "array"}}
QUERY = (
    *(Parameter(name, name, ValuePlace.QUERY, "form", explode=True, required=False) for name in TYPES),
    Parameter("version", "version", ValuePlace.QUERY, "form", explode=True, required=True, filling=Filling("7")),
)
URL = "https://h/v1/ask?version=7&q=a%20b&ids=1&ids=2"

LINKS = [
    ("https://h/v1/ask?version=7&q=a+b&ids=1&ids=2&page=3", {"page": 3}),
    ("https://h/v1/a%73k?page=3&q=c", {"page": 3, "q": "c"}),
    ("https://h/v1/ask?page=3&page_info=x", "page_info"),
    ("https://h/v1/ask/3", "path"),
    ("https://h/other?page=3", "path"),
    ("https://h/v1/ask?version=8", "version"),
    ("https://h/v1/ask?ids=2&ids=3", "ids"),
    (URL, "the page that the call has asked for"),
]


@pytest.mark.parametrize(("link", "offered"), LINKS)
async def test_a_link_is_offered_where_the_tool_can_say_all_of_it(
    checker: ArgumentChecker, link: str, offered: dict[str, object] | str
) -> None:
    draft = replace(DRAFT, operation=replace(DRAFT.operation, parameters=QUERY), input_schema={"properties": TYPES})
    asked = PagedCall(replace(VERSION, draft=draft), {"q": "a b", "ids": [1, 2]}, URL)
    told = await told_pages(checker, "acme", asked, FetchedPages(2, 2, next=json.dumps(link)))
    if isinstance(offered, str):
        assert (told.next_arguments, MISFIT in told.message, offered in told.message) == ("", True, True)
    else:
        assert (json.loads(told.next_arguments), told.message) == (offered, "")
