"""The stack and the harness of `tests/real_apis`."""

import pytest

from tests.real_apis.conftest import Situate, collector, house, new_house, open_house, recipes, situation
from tests.real_apis.recipes import Recipes

from .streaming import Streaming

__all__ = ["collector", "house", "new_house", "open_house", "recipes", "situation"]


@pytest.fixture
def streaming(situation: Situate, recipes: Recipes) -> Streaming:
    return Streaming(situation, recipes)
