"""Names of runs, as callers write them."""

import pytest

from gateway.edge.grpc.run_names import run_name_from
from gateway.model.errors import RequestInvalid


@pytest.mark.parametrize("name", ["", " ", " tea", "tea ", "x" * 256, "line\nbreak"])
def test_what_no_list_can_show_apart_names_no_run(name: str) -> None:
    with pytest.raises(RequestInvalid, match="run_id"):
        run_name_from(name)


def test_a_space_within_a_name_is_a_part_of_it() -> None:
    assert run_name_from("tea for two") == "tea for two"
