"""The fragments of programs in the SDK's README and in keys-and-runs.md, each with what its text takes for given."""

import textwrap

import pytest

from tests.docs.conftest import Stack
from tests.docs.pages import DOCS, REPOSITORY, fences, shell

SDK = REPOSITORY / "clients" / "python" / "README.md"
KEYS = DOCS / "keys-and-runs.md"

pytestmark = pytest.mark.slow

CLIENT = "from callgate import Client, occurrences\nclient = Client.from_environment()\n"
ORDER = '("create_order", {"body": {"item": "screw", "quantity": 9}})'


def programs(page: object) -> list[str]:
    assert page in (SDK, KEYS)
    return [fence.body for fence in fences(page) if fence.language == "python"]


def run(program: str, stack: Stack) -> str:
    return shell(f"python - <<'END'\n{program}\nEND", stack.operator)


def test_the_sdks_first_program_lists_calls_and_watches(stack: Stack) -> None:
    first, *_ = programs(SDK)
    said = run(first, stack)
    assert "create_order@1.0.0" in said
    assert "'item': 'tea'" in said
    assert said.rstrip().endswith(("BOX_REMOVED", "TOKEN_REVOKED"))


def test_the_sdks_run_makes_equal_calls_apart_and_no_call_twice(stack: Stack) -> None:
    _, by_run, _ = programs(SDK)
    given = f"{CLIENT}thread_id, number_of_the_message = 'thread-7', 3\ncalls = [{ORDER}, {ORDER}]\n"
    count = "print(len({run.find(*call, step=3, occurrence=nth).id for call, nth in zip(calls, occurrences(calls))}))"
    assert run(f"{given}{by_run}{by_run}{count}", stack) == "2\n"


def test_the_sdks_fake_gateway_answers_by_a_function_and_sees_the_call(stack: Stack) -> None:
    *_, with_fake_gateway = programs(SDK)
    said = run(f"{with_fake_gateway}print(len(gateway.calls))", stack)
    assert said.splitlines()[-1] == "1"  # behind what gRPC may say on standard error of the server that has gone


def test_the_langgraph_fragment_makes_the_call_of_its_message(stack: Stack) -> None:
    fragment, _ = programs(KEYS)
    message = (
        "[AIMessage(content='', tool_calls=[{'name': 'create_order', 'args': "
        "{'body': {'item': 'nail', 'quantity': 1}}, 'id': 'call_1'}])]"
    )
    given = f"import callgate\nfrom langchain_core.messages import AIMessage, AnyMessage\n{CLIENT}"
    made = f"print(make(client.run('graph'), {message}, 'call_1').json()['item'])"
    assert run(f"{given}{fragment}{made}", stack) == "nail\n"


LOOP = """
import asyncio
from dataclasses import dataclass
from callgate import AsyncClient, occurrences

@dataclass
class Call:
    tool: str
    arguments: dict

@dataclass
class State:
    turn: int = 0
    answers: tuple = ()
    def after(self, calls, answers):
        return State(self.turn + 1, (*self.answers, *answers))

def store(state):
    return state

async def ask_model(state):
    order = Call("create_order", {"body": {"item": "bolt", "quantity": 3}})
    return [order, order] if state.turn < 2 else []

async def main():
    state = State()
    async with AsyncClient.from_environment() as client:
        run = client.run("loop")
"""


def test_the_plain_loop_makes_each_call_of_each_turn_once(stack: Stack) -> None:
    _, fragment = programs(KEYS)
    told = "    print(len({one.id for one in state.answers}))\nasyncio.run(main())"
    program = f"{LOOP}{textwrap.indent(fragment, ' ' * 8)}{told}"
    assert run(program, stack) == run(program, stack) == "4\n"
