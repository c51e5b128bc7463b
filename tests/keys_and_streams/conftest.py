"""The harness of `tests/real_apis`, and an API whose tools need a token."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_apis.conftest import (
    Situate,
    collector,
    house,
    new_house,
    open_house,
    other_proxy,
    out,
    proxy,
    recipes,
    situation,
)
from tests.real_apis.out import Out
from tests.real_apis.recipes import Recipes

from .streaming import Streaming
from .token_api import TokenApi, token_api

__all__ = ["collector", "house", "new_house", "open_house", "other_proxy", "out", "proxy", "recipes", "situation"]


@pytest.fixture
def api(out: Out, situation: Situate, tmp_path: Path) -> Iterator[TokenApi]:
    with token_api(out, situation, tmp_path) as api:
        yield api


@pytest.fixture
def streaming(situation: Situate, recipes: Recipes) -> Streaming:
    return Streaming(situation, recipes)
