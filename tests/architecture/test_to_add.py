"""What `docs/to-add.md` promises to be noticed is noticed, where no other test does so."""

import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import get_type_hints

import pytest

from gateway.model import errors as gateway_errors
from gateway.model.config import _PARSERS, Config
from registry.compiler.parameters import _STYLES
from registry.model import errors as registry_errors
from sandbox.api import errors as sandbox_errors
from sandbox.api.engine_trouble import EngineTrouble

STYLE_ROWS = Path(__file__).parents[1] / "registry/calling/test_parameter_styles.py"
BOXES_PAGE = Path(__file__).parents[2] / "docs/pool-and-boxes.md"
#: Of OpenAPI 3.2. It is written as `form` is, and has no rows yet.
WITHOUT_ROWS = {"cookie"}


@pytest.mark.parametrize("style", sorted({style for styles in _STYLES.values() for style in styles} - WITHOUT_ROWS))
def test_each_style_that_the_compiler_lists_has_rows(style: str) -> None:
    assert f'("{style}", ' in STYLE_ROWS.read_text()


def test_each_setting_that_is_no_path_has_a_parser() -> None:
    hints = get_type_hints(Config)
    paths = {field.name for field in fields(Config) if hints[field.name] in (Path, Path | None)}
    assert {field.name for field in fields(Config)} - paths == _PARSERS.keys()


@pytest.mark.parametrize("module", [gateway_errors, registry_errors, sandbox_errors], ids=lambda module: module.__name__)
def test_each_error_is_in_the_tree_of_its_module(module: ModuleType) -> None:
    own = {name for name, found in vars(module).items() if isinstance(found, type) and issubclass(found, Exception)}
    assert own - set(re.findall(r"\w+", module.__doc__ or "")) == set()


@pytest.mark.parametrize("trouble", EngineTrouble)
def test_each_trouble_of_the_engine_has_a_row_in_its_page(trouble: EngineTrouble) -> None:
    rows = [line.split("|")[1] for line in BOXES_PAGE.read_text().splitlines() if line.startswith("| `")]
    assert any(f"`{trouble.name}`" in names for names in rows)
