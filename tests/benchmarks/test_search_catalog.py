"""The catalog of `search`: names as an operator gives them."""

import pytest

from benchmarks.catalog import draft
from benchmarks.search_catalog import named, toolset_name
from registry.catalog.catalog import MemoryCatalog
from registry.manifest.toolset import Compiled
from registry.model.operation_key import Binding, OperationKey


@pytest.mark.parametrize(
    ("file", "title", "name"),
    [
        ("box-openapi/openapi.json", "Box Platform API", "box-platform-api"),
        ("apis-guru/stripe.com.json", "Stripe API", "stripe-api"),
        ("apis-guru/ably.net/control.json", "API V1", "ably-api-v1"),
        ("apis-guru/trashnothing.com.json", "trash nothing", "trash-nothing"),
        ("apis-guru/a.example.json", "", "a"),
        ("some/file.json", "", "some-file-json"),
    ],
)
def test_a_toolset_is_named_for_its_title_and_for_the_provider_where_that_does_not_name_it(
    file: str, title: str, name: str
) -> None:
    assert toolset_name(file, title) == name


def compiled(*numbers: int) -> Compiled:
    drafts = tuple(draft(number) for number in numbers)
    bindings = {one.name: Binding(OperationKey("POST", one.operation.path, name=one.name, tags=("Things",))) for one in drafts}
    return Compiled(drafts, (), bindings=bindings)


async def test_a_toolset_whose_names_others_have_gets_a_prefix_and_one_of_the_same_title_a_number() -> None:
    documents = [("a.json", "Shop", compiled(1, 2)), ("b.json", "Shop", compiled(2, 3)), ("c.json", "X", compiled(4))]
    toolsets = list(named(documents))
    assert [(one.name, dict(one.own_names)) for one in toolsets] == [
        ("shop", {"tool_00001": "tool_00001", "tool_00002": "tool_00002"}),
        ("shop-2", {"shop_2_tool_00002": "tool_00002", "shop_2_tool_00003": "tool_00003"}),
        ("x", {"tool_00004": "tool_00004"}),
    ]
    catalog = MemoryCatalog()
    for one in toolsets:
        await one.add_to(catalog)
    assert [listed.version.name for listed in await catalog.list("shop-2", "", 9)] == list(toolsets[1].own_names)
    entries = await catalog.entries("shop-2", "", 9)
    assert [entry.current.operation.tags for entry in entries if entry.current and entry.current.operation] == [("Things",)] * 2
