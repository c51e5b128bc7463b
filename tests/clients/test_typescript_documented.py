"""The examples of `docs/typescript.md` and of the TypeScript client's README as they are written, with the packed client."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.typescript_package import Installed
from tests.docs.pages import DOCS, REPOSITORY, Fence, fences
from tests.e2e.conftest import OpenShop
from tests.e2e.house import House
from tests.promises.agents.running import finish

GIVEN = Path(__file__).parent / "documented_typescript"
PAGES = (REPOSITORY / "clients" / "typescript" / "README.md", DOCS / "typescript.md")
EXAMPLES = [fence for page in PAGES for fence in fences(page) if fence.language == "ts"]
#: They call with random keys, or with arguments that do not fit.
WITHOUT_A_RUN = {"call.ts": 2, "errors.ts": 0}


@pytest.fixture
def caller(house: House, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of a caller of this test's own, who has made no call before."""
    subject = f"reader-of-{request.node.callspec.id}"
    added = house.client.principals.add("local", "agent", subject, tools=["*"])
    yield {"CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN": str(added.token)}
    house.client.principals.revoke(tenant="local", agent="agent", subject=subject)


@pytest.fixture
def directory(package: Installed, tmp_path: Path) -> Installed:
    """Where the examples lie beside what they import: each test has one of its own."""
    for path in package.home.iterdir():
        if path.suffix in {".ts", ".json"}:
            shutil.copy(path, tmp_path)
    (tmp_path / "node_modules").symlink_to(package.home / "node_modules")
    return Installed(package.node, tmp_path)


def test_each_example_has_what_it_takes_for_given() -> None:
    assert sorted(fence.title for fence in EXAMPLES) == sorted(path.name for path in GIVEN.iterdir())


@pytest.mark.slow
def test_the_examples_hold_for_the_compiler(directory: Installed) -> None:
    for fence in EXAMPLES:
        write(fence, directory)
    told = directory.compile()
    assert told.returncode == 0, told.stdout


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("fence", EXAMPLES, ids=[fence.title for fence in EXAMPLES])
def test_an_example_orders_tea_once_although_it_is_run_twice(
    fence: Fence, shop: OpenShop, caller: dict[str, str], directory: Installed
) -> None:
    program = write(fence, directory)
    for _ in range(2):
        finish(directory.start(program, caller))
    orders = [(order.item, order.quantity) for order in shop.state.orders.values()]
    assert orders == [("tea", 2)] * WITHOUT_A_RUN.get(fence.title, 1)


def write(fence: Fence, directory: Installed) -> str:
    """The program that an example is, beside its page's others. Returns its name."""
    name = f"example_{fence.title}"
    (directory.home / name).write_text((GIVEN / fence.title).read_text() + fence.body)
    return name
