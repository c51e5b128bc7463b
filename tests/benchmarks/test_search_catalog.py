"""The catalog of `search`: names as an operator gives them."""

import pytest

from benchmarks.catalog import draft
from benchmarks.search_catalog import imported, toolset_name


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


def test_a_toolset_whose_names_others_have_gets_a_prefix_and_one_of_the_same_title_a_number() -> None:
    documents = [
        ("a.json", "Shop", (draft(1), draft(2))),
        ("b.json", "Shop", (draft(2), draft(3))),
        ("c.json", "X", (draft(4),)),
    ]
    found = [(tool.draft.name, tool.draft.toolset, tool.operation_name) for tool in imported(documents)]
    assert found == [
        ("tool_00001", "shop", "tool_00001"),
        ("tool_00002", "shop", "tool_00002"),
        ("shop_2_tool_00002", "shop-2", "tool_00002"),
        ("shop_2_tool_00003", "shop-2", "tool_00003"),
        ("tool_00004", "x", "tool_00004"),
    ]
