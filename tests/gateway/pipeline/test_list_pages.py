"""What a caller is told of a list's pages, whatever the upstream calls the next one."""

import json
from dataclasses import replace

import pytest

from gateway.pipeline.list_pages import next_link, told_pages
from registry.model.shaping import Pagination, PaginationKind
from sandbox.api.result import FetchedPages
from tests.gateway.vaults import version_named

DRAFT = replace(version_named("orders").draft, pagination=Pagination(PaginationKind.LINK, ""))


@pytest.mark.parametrize("url", ["http://[", "http://h/?" + "&a=1" * 300, "http://h/?" + "a" * 100_000, "\u2100://x", ""])
def test_a_next_page_of_any_name_is_told_or_left_out(url: str) -> None:
    pages = FetchedPages(1, 1, next=json.dumps(url), stopped="FAILED", why="it is no URL")
    told = told_pages(DRAFT, {}, pages)
    assert (told.more, told.next_arguments) == (True, "")
    links = next_link(DRAFT, (("next", "https://h/2"), ("last", "https://h/9")), pages)
    assert ("last", "https://h/9") in links
    assert ("next", "https://h/2") not in links
