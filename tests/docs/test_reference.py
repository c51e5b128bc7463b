"""The reference pages are current, leave nothing out, and say nothing twice; the site has every page."""

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest

import callgate
from gateway.model.config import PREFIX, Config
from scripts import site
from scripts.reference import commands, errors, log_events, settings
from scripts.reference.__main__ import FOLDER, PAGES
from scripts.reference.api import files
from scripts.reference.markdown import REPOSITORY
from scripts.reference.proto_text import NotUnderstood, read


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), "run `make reference`"


def test_each_setting_is_on_the_page() -> None:
    page = settings.page()
    assert [name for name in (field.name for field in fields(Config)) if f"`{PREFIX}{name.upper()}`" not in page] == []
    assert settings.documented() == 1.0


def test_no_setting_is_told_of_that_is_not_there() -> None:
    assert settings.SAID.keys() - {field.name for field in fields(Config)} == set()


def test_no_event_is_told_of_that_the_code_does_not_write() -> None:
    assert log_events.MEANINGS.keys() - {one.event for one in log_events.written()} == set()


def test_each_word_of_the_sdk_has_a_heading() -> None:
    page = (FOLDER / "reference/sdk.md").read_text()
    assert [name for name in callgate.__all__ if f"\n## {'callgate.' if name == 'errors' else ''}{name}\n" not in page] == []


def test_each_command_has_a_heading() -> None:
    page = commands.page()
    found = [name for name, _ in commands.every()]
    assert len(found) > 25
    assert [name for name in found if f"\n## {name}\n" not in page] == []


def test_each_rpc_is_on_the_page_of_the_api_as_often_as_in_the_protocol() -> None:
    page = (FOLDER / "reference/api.md").read_text()
    said = [
        rpc.name for file in files() for service in file.definitions if service.kind == "service" for rpc in service.members
    ]
    sources = "".join(path.read_text() for path in (REPOSITORY / "proto").rglob("*.proto"))
    assert len(said) == sources.count("  rpc ")
    assert [name for name in said if f"\n#### {name}\n" not in page] == []


def test_a_line_that_the_reader_of_protocols_does_not_know_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "strange.proto"
    path.write_text('syntax = "proto3";\nmessage A {\n  group B = 1;;\n}\n')
    with pytest.raises(NotUnderstood):
        read(path)


def test_each_exit_code_has_a_meaning() -> None:
    assert [row[0] for row in errors._exit_codes()] == ["`0`", "`1`", "`2`", "`3`", "`4`", "`5`", "`6`", "`130`"]


def test_each_document_is_in_the_sites_navigation_once() -> None:
    navigated = site.navigated()
    assert sorted(navigated) == sorted(str(page) for page in site.tracked("*.md"))
    assert len(navigated) == len(set(navigated))


def test_no_page_that_the_navigation_names_itself_is_thin() -> None:
    named = set(re.findall(r"[\w./-]+\.md", site.CONFIGURATION.read_text())) - {"README.md"}
    assert named - set(site.whole_pages()) == set()


@pytest.mark.parametrize(
    "html", ['<script src="https://cdn.example/x.js"></script>', '<link rel="stylesheet" href="https://fonts.example/f.css">']
)
def test_what_a_browser_would_fetch_is_found(html: str) -> None:
    assert site.FETCHED.search(html)


def test_a_link_to_follow_is_none_of_it() -> None:
    assert not site.FETCHED.search('<a href="https://example.com">a site</a><link rel="canonical" href="https://example.com">')


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_has_nothing_of_the_machine_that_made_it(name: str) -> None:
    page = (FOLDER / name).read_text()
    assert [word for word in (os.environ["PATH"], str(REPOSITORY), " object at 0x") if word in page] == []
