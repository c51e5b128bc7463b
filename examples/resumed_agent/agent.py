"""An agent that may be killed anywhere: another process goes on from its run alone, and nothing is done twice.

    python -m examples.resumed_agent.agent RUN tea:2 tea:2 lamp:1

orders these things in the shop of `examples/orders`, and pays for them. CALLGATE_ADDRESS and CALLGATE_TOKEN_FILE name the
gateway. Started again with the same words, on any machine, it goes on where the last process was, and with a run that is over
it does nothing. It keeps no file: the plan and the state are in the run, and the keys of its calls are made of the run.
"""

import json
import sys
from typing import Any

from callgate import Client, Run, RunStatus, occurrences
from callgate.errors import InvocationFailed, OutcomeUnknown

Call = tuple[str, dict[str, Any]]
State = dict[str, Any]

NEW: State = {"turn": 0, "orders": []}


def think(wanted: list[State], state: State) -> list[Call]:
    """The calls of the next message: a script stands where a model would. What it says depends on plan and state alone."""
    match state["turn"]:
        case 0:
            return [("create_order", {"body": one}) for one in wanted]
        case 1:
            return [("pay_order", {"order_id": order, "body": {"method": "card"}}) for order in state["orders"]]
    return []


def act(run: Run, turn: int, calls: list[Call]) -> list[Any]:
    """Make the calls of one message. A process that goes on makes them again, and gets what they came to."""
    nths = occurrences(calls)  # two equal calls of one message mean two effects
    made = [run.call(*call, step=turn, occurrence=nth) for call, nth in zip(calls, nths, strict=True)]
    return [one.json() for one in made]


def work(run: Run, wanted: list[State]) -> State:
    """Go on until nothing is left to do. What it returns was saved."""
    record = run.start(json.dumps(wanted).encode(), labels={"agent": "shopper"})
    state: State = json.loads(run.state or json.dumps(NEW))
    while not record.status.over and (calls := think(wanted, state)):
        answers = act(run, state["turn"], calls)
        state = {"turn": state["turn"] + 1, "orders": [answer["id"] for answer in answers]}
        run.save(json.dumps(state).encode())
    run.end()
    return state


def main(id: str, words: list[str]) -> int:
    pairs = [word.partition(":") for word in words]
    wanted = [{"item": item, "quantity": int(quantity)} for item, _, quantity in pairs]
    with Client.from_environment() as client:
        run = client.run(id)
        try:
            print(json.dumps(work(run, wanted)))
        except OutcomeUnknown as unknown:  # a person finds out what became of it; then the agent goes on
            print(f"{unknown.message}: callgate review show {unknown.invocation_id}", file=sys.stderr)
            return 4
        except InvocationFailed as failed:
            run.end(status=RunStatus.FAILED, reason=failed.message)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
