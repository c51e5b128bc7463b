"""The public surface is what it says it is."""

import callgate


def test_everything_exported_can_be_imported_and_the_list_is_sorted() -> None:
    assert callgate.__all__ == sorted(callgate.__all__)
    for name in callgate.__all__:
        assert hasattr(callgate, name), name
