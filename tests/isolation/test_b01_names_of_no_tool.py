"""Who called a tool that there is not was told the most similar of 50,000 names. That took seconds, for all callers."""

from itertools import count
from time import thread_time

from registry.catalog.catalog import not_found
from registry.catalog.similar_names import similar_names
from registry.model.versions import parse_reference


def names(number: int) -> list[str]:
    """Each as long as a name may be, and of the same characters."""
    return ["ab" * 20 + f"{one:08}" for one in range(number)]


def test_names_that_look_alike_hold_up_no_caller() -> None:
    given, began = names(50_000), thread_time()
    not_found(parse_reference("ba" * 24), given)
    assert thread_time() - began < 0.1


def test_no_more_than_some_names_are_looked_at() -> None:
    endless = (f"t{number}" for number in count())
    assert "t12" in similar_names("t12", endless)


def test_a_name_that_is_nearly_right_is_told() -> None:
    tools = ["list_orders", "list_order_items", "create_order", "delete_everything"]
    assert similar_names("list_order", tools)[0] == "list_orders"
    assert similar_names("creat_order", tools) == ["create_order"]
    assert similar_names("something_else", tools) == []
