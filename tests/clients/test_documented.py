"""The examples of `docs/adapters.md` as they are written, each in the environment of its framework: they order tea, and
once."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.adapters import DOCUMENTED
from tests.clients.stage import PythonOf
from tests.docs.pages import DOCS, REPOSITORY, Fence, fences
from tests.e2e.conftest import OpenShop
from tests.e2e.house import House

GIVEN = Path(__file__).parent / "documented"
EXAMPLES = [fence for fence in fences(DOCS / "adapters.md") if fence.language == "python"]


@pytest.fixture
def caller(house: House, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of a caller of this test's own, who has made no call before."""
    subject = f"reader-of-{request.node.callspec.id}"
    added = house.client.principals.add("local", "agent", subject, tools=["*"])
    yield {"CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN": str(added.token)}
    house.client.principals.revoke(tenant="local", agent="agent", subject=subject)


def test_each_example_says_of_which_adapter_it_is() -> None:
    assert sorted(fence.title for fence in EXAMPLES) == sorted(f"{name}.py" for name in DOCUMENTED)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("fence", EXAMPLES, ids=[fence.title for fence in EXAMPLES])
def test_an_example_orders_tea_once_although_it_is_run_twice(
    fence: Fence, shop: OpenShop, caller: dict[str, str], python_of: PythonOf, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text((GIVEN / fence.title).read_text() + fence.body)
    python = python_of(DOCUMENTED[fence.title.removesuffix(".py")])
    for _ in range(2):
        environment = {**os.environ, **caller, "PYTHONPATH": str(REPOSITORY)}
        done = subprocess.run([python, str(program)], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert [(order.item, order.quantity) for order in shop.state.orders.values()] == [("tea", 2)]
