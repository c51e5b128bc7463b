"""What the gateway's own parts log while a command runs them."""

import pytest
import structlog

from gateway.cli.terminal import own_parts


async def work() -> int:
    structlog.get_logger(__name__).warning("box_not_removed_yet", box="cg-1")
    return 7


def test_a_log_line_is_no_part_of_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    assert own_parts.run(work()) == 7
    told = capsys.readouterr()
    assert (told.out, "box_not_removed_yet" in told.err) == ("", True)
    assert structlog.get_config() == before
