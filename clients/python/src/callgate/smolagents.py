"""Callgate's tools for smolagents: `pip install callgate[smolagents]`.

    from callgate.smolagents import equip

    agent = equip(CodeAgent(tools=[], model=model), client, "orders", run="task-7")
    agent.run("Order tea.")

A tool of smolagents is told neither its call's id nor its step, so `equip` gives the tools to an agent, and looks there. The
step is the task, and how many steps have ended without an error: the agent does a step that failed again, and often all of it.
The occurrence is the order in which equal calls of the step are made.
"""

import json
import keyword
import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import count
from typing import Any, Unpack

from smolagents import CodeAgent, MultiStepAgent, Tool
from smolagents.memory import ActionStep

from callgate import checks
from callgate.adapters import RUN_OVER, Answer, CallUnsettled, ModelCall, Offer, Place, Toolbox, ToolboxOptions, run_name
from callgate.adapters.inner_calls import meant
from callgate.adapters.written import read
from callgate.canonical import canonical
from callgate.client import Client

#: What names the run of a call: a name, or a function of the agent.
Runs = str | Callable[[MultiStepAgent], str]

#: What smolagents can check. What a schema says of several types at once is checked by the gateway alone.
_TYPES = frozenset(("string", "boolean", "integer", "number", "array", "object", "null"))
_NESTED = frozenset(("array", "object"))


class CallFailed(Exception):
    """Raised in the code of a CodeAgent for a call without a success, in words for its model: code that goes on would take them
    for an answer."""


def equip(
    agent: MultiStepAgent,
    client: Client,
    toolset: str | None = None,
    *,
    name: str | None = None,
    run: Runs,
    **options: Unpack[ToolboxOptions],
) -> MultiStepAgent:
    """The same agent, with the tools of a toolset, or all that this caller sees.

    `run`: the run's name, or a function of the agent that answers it: it names one conversation. `options` are those of
    `Toolbox`. Raises CallgateError, and RequestInvalid where the agent has another tool of the same name.
    """
    toolbox = Toolbox(client, **options)
    attempts = Attempts(agent, run)
    given = [AgentTool(toolbox, one, attempts) for one in toolbox.offers(toolset, name=name)]
    for tool in given:
        if tool.name in agent.tools or tool.name in agent.managed_agents:
            raise checks.invalid(f"the agent has another tool named {tool.name}", "Give it fewer tools: equip(…, name=…).")
        agent.tools[tool.name] = tool
    return agent


class AgentTool(Tool):
    """One tool of a gateway. In a CodeAgent it answers the JSON value, where the answer is one, and raises CallFailed."""

    skip_forward_signature_validation = True

    def __init__(self, toolbox: Toolbox, offer: Offer, attempts: "Attempts") -> None:
        self._toolbox = toolbox
        self._offer = offer
        self._attempts = attempts
        self._in_code = isinstance(attempts.agent, CodeAgent)
        self.name = _identifier(offer.name)
        self.description = offer.description
        self.inputs = _inputs(offer.schema, self._in_code)
        self.output_type = "any" if self._in_code else "string"
        super().__init__()

    @property
    def hints(self) -> Mapping[str, bool]:
        """Those of its effect, as MCP's ToolAnnotations."""
        return self._offer.hints.annotations

    def forward(self, *values: Any, **named: Any) -> Any:
        """Raises CallUnsettled where it is open how the call ended: the agent does its step again, and the call attaches.
        Raises RunEnded and RunKilled where the run is over: the agent does no further step."""
        given = {**dict(zip(self.inputs, values, strict=False)), **named}
        answer = self._attempts.answer(self._toolbox, self._offer, given)
        if not self._in_code:
            return answer.text
        if answer.is_error:
            raise CallFailed(answer.text)
        return answer.text if answer.structured is None else answer.structured


class Attempts:
    """The step that an agent does, perhaps for the second time, and which of its calls are made. From any thread."""

    def __init__(self, agent: MultiStepAgent, run: Runs) -> None:
        self.agent = agent
        self._run = run
        self._lock = threading.Lock()
        self._now: tuple[str, int] = ("", 0)
        self._made: dict[str, set[int]] = {}
        self._spent: dict[str, set[int]] = {}

    def answer(self, toolbox: Toolbox, offer: Offer, arguments: Mapping[str, Any]) -> Answer:
        """The answer to the first equal call of the step that this attempt has not made yet."""
        written = read([ModelCall("", offer.name, arguments)])[0]
        if isinstance(written, Answer):
            return written
        tool, said = meant(offer.name, arguments)
        asked = f"{tool} {canonical(dict(said))}"
        with self._lock:
            step = self._begin()
            nth = next(one for one in count() if one not in self._made.get(asked, ()))
            self._made.setdefault(asked, set()).add(nth)
        return self._settled(asked, nth, lambda: toolbox.call(offer, arguments, Place(self._named(), step, occurrence=nth)))

    def _settled(self, asked: str, nth: int, call: Callable[[], Answer]) -> Answer:
        try:
            answer = call()
        except CallUnsettled:
            with self._lock:
                self._made[asked].discard(nth)
            raise
        except RUN_OVER:
            # It takes what a tool raises for an error of its model's, and asks that for another step.
            self.agent.interrupt()
            raise
        if answer.is_error and answer.may_repeat:
            # What the step asks for when it is done again is a further call: this one has done nothing.
            with self._lock:
                self._spent.setdefault(asked, set()).add(nth)
        return answer

    def _begin(self) -> str:
        """The step's name. Another attempt at it begins with the calls that are to be made again. Raises RequestInvalid before
        the agent has run."""
        steps = self.agent.memory.steps
        if not steps:
            raise checks.invalid(
                "this tool was called by no agent, so its call belongs to no step",
                "Let its agent run, or use client.run(…).call(…, step=…).",
            )
        done = sum(isinstance(one, ActionStep) and one.error is None for one in steps)
        step = f"{sha256(str(self.agent.task).encode()).hexdigest()[:16]}/{done}"
        if self._now != (step, len(steps)):
            self._spent = self._spent if self._now[0] == step else {}
            self._made = {asked: set(nths) for asked, nths in self._spent.items()}
            self._now = (step, len(steps))
        return step

    def _named(self) -> str:
        return run_name(self._run(self.agent) if callable(self._run) else self._run)


def _identifier(name: str) -> str:
    """smolagents takes names that are Python's."""
    written = "".join(one if one.isascii() and one.isalnum() else "_" for one in name)
    return f"_{written}" if written[:1].isdigit() or keyword.iskeyword(written) else written


def _inputs(schema: Mapping[str, Any], in_code: bool) -> dict[str, dict[str, Any]]:
    required = schema.get("required", ())
    given = schema.get("properties", {}).items()
    return {name: _input(name, one, in_code) | ({} if name in required else {"nullable": True}) for name, one in given}


def _input(name: str, schema: Any, in_code: bool) -> dict[str, Any]:
    """An argument's schema, as smolagents takes it: with a type and a description. A CodeAgent's model reads no more of it."""
    found = dict(schema) if isinstance(schema, Mapping) else {}
    kinds = found.get("type")
    known = {kinds} if isinstance(kinds, str) else set(kinds or ())
    found["type"] = kinds if known and known <= _TYPES else sorted(_TYPES)
    if "anyOf" in found:
        # smolagents reads the parts of an anyOf, and understands but simple ones.
        found["allOf"] = [*found.get("allOf", []), {"anyOf": found.pop("anyOf")}]
    said = found.get("description") or name
    nested = in_code and not known.isdisjoint(_NESTED)
    found["description"] = f"{said} As JSON Schema: {json.dumps(schema)}" if nested else said
    return found
