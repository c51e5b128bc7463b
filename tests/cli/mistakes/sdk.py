"""In a program, with the SDK. What it raises ends the program as Python ends it: with 1, and with the cure below the error."""

from tests.cli.mistakes.mistake import Mistake

_CLOSED = """
from callgate import Client
with Client.from_environment() as client:
    pass
print([tool.name for tool in client.tools.list()])
"""
_ASYNCHRONOUS = """
import asyncio
from callgate import AsyncClient
async def main():
    with AsyncClient.from_environment() as client:
        print([tool.name async for tool in client.tools.list()])
asyncio.run(main())
"""

SDK = (
    Mistake(
        what="a client that is closed",
        files={"program.py": _CLOSED},
        does="python program.py",
        code=1,
        cure=r"^Cure: .*close this one later",
        follows="sed -i 's/^    pass$//; s/^print/    print/' program.py; python program.py",
        works="'read_home'",
    ),
    Mistake(
        what="the asynchronous client with the wrong `with`",
        files={"program.py": _ASYNCHRONOUS},
        does="python program.py",
        code=1,
        cure=r"^Cure: Write `(?P<words>async with)`",
        follows='sed -i "s/^    with/    $words/" program.py; python program.py',
        works="'read_home'",
    ),
)
