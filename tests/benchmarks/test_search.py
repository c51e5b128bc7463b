"""Which tool is right for a task sentence of `search`."""

from benchmarks.catalog import draft
from benchmarks.search import Imported, Task, read_tasks
from benchmarks.search_catalog import named
from registry.catalog.catalog import MemoryCatalog
from registry.manifest.toolset import Compiled

DOCUMENT = "shop.json"


async def imported() -> Imported:
    found, catalog = Imported(), MemoryCatalog()
    compiled = Compiled((draft(1), draft(2)), ())
    for toolset in named([("other.json", "Other", compiled), (DOCUMENT, "Shop", compiled)]):
        await found.add(toolset, catalog)
    return found


async def test_the_right_tool_is_that_of_the_document_and_the_operation() -> None:
    right = (await imported()).right(Task(DOCUMENT, "POST /things/2", "do the second thing"))
    assert right == {"shop_tool_00002"}


async def test_by_name_another_toolsets_tool_is_right_as_well() -> None:
    assert (await imported()).own_names["tool_00002"] == (await imported()).own_names["shop_tool_00002"]


async def test_an_operation_that_became_no_tool_is_found_by_no_search() -> None:
    found = await imported()
    assert found.right(Task(DOCUMENT, "GET /gone", "find it")).isdisjoint(found.own_names)


def test_every_task_is_read() -> None:
    assert all(task.document and task.operation and task.sentence for task in read_tasks())
