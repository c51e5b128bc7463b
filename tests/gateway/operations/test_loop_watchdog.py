"""A loop that is held is noticed, with what holds it; one that moves is left alone."""

import asyncio
import subprocess
import sys
import threading
import time

from gateway.operations.loop_watchdog import DEFECT, LoopWatchdog


async def test_what_holds_the_loop_is_told() -> None:
    told: list[str] = []
    noticed = threading.Event()

    def held(_seconds: float, stack: str) -> None:
        told.append(stack)
        noticed.set()

    def hold_the_loop() -> None:
        assert noticed.wait(5.0)

    async with LoopWatchdog(held, patience=0.05, every=0.01):
        hold_the_loop()
    assert "hold_the_loop" in told[0]
    assert len(told) == 1


async def test_a_loop_that_moves_is_left_alone() -> None:
    told: list[float] = []
    async with LoopWatchdog(lambda seconds, _: told.append(seconds), patience=0.5, every=0.01):
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            await asyncio.sleep(0)
    assert told == []


def test_a_gateways_process_ends_with_its_log_saying_where() -> None:
    code = """
import asyncio
from gateway.operations.loop_watchdog import LoopWatchdog, end_process
async def main():
    async with LoopWatchdog(end_process, patience=0.2, every=0.01):
        while True:
            pass
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == DEFECT
    assert "loop_held" in ended.stdout
    assert "while True" in ended.stdout or "pass" in ended.stdout or "main" in ended.stdout
