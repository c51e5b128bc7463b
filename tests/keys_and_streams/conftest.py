"""The harness of `tests/real_apis`, and an API whose tools need a token."""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FreePort
from tests.real_apis.certificates import server_context
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

from .consent_server import ConsentServer
from .consents import Consents
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


@pytest.fixture
def second(out: Out, free_port: FreePort) -> Iterator[Out]:
    """Another gateway of the same house, which trusts the same authorities."""
    address = f"127.0.0.1:{free_port()}"
    with (
        tempfile.TemporaryDirectory(prefix="cgp-", dir="/tmp") as home,
        Out(out.house, Path(home), address, out.settings, out.system, out.own) as gateway,
    ):
        yield gateway


@pytest.fixture
def consents(out: Out, situation: Situate, tmp_path: Path) -> Iterator[Consents]:
    pair = out.own.pair("api", ["api.example", "127.0.0.1"])
    with ConsentServer(server_context(pair.at(tmp_path / f"{secrets.token_hex(4)}.pem")), "api.example") as provider:
        yield Consents(out, provider, situation)
