"""A gateway's tools for a loop that its author writes around a provider's own client: schemas in, messages out."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, Unpack

from callgate.adapters.answers import Answer
from callgate.adapters.forms import PLAIN, Forms
from callgate.adapters.messages import answer_all, answer_all_async
from callgate.adapters.offers import Offer
from callgate.adapters.place import run_name
from callgate.adapters.toolbox import Toolbox, ToolboxOptions
from callgate.adapters.written import ModelCall
from callgate.aio import AsyncClient
from callgate.client import Client

#: A message, a block or a schema, as a provider's client takes it.
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelTools(ABC):
    """A provider's tools. Make them by `load`, or `load_async`."""

    toolbox: Toolbox = field(repr=False)
    offers: Mapping[str, Offer]

    forms: ClassVar[Forms] = PLAIN

    @classmethod
    def load(
        cls,
        client: Client,
        toolset: str | None = None,
        *,
        name: str | None = None,
        **options: Unpack[ToolboxOptions],
    ) -> Self:
        """The tools of a toolset, or all that this caller sees, of the pattern `name`. `options` are those of Toolbox.
        Raises CallgateError."""
        options.setdefault("forms", cls.forms)
        toolbox = Toolbox(client, **options)
        return cls(toolbox, {one.name: one for one in toolbox.offers(toolset, name=name)})

    @classmethod
    async def load_async(
        cls,
        client: Client | AsyncClient,
        toolset: str | None = None,
        *,
        name: str | None = None,
        **options: Unpack[ToolboxOptions],
    ) -> Self:
        """As `load`, for asyncio."""
        options.setdefault("forms", cls.forms)
        toolbox = Toolbox(client, **options)
        return cls(toolbox, {one.name: one for one in await toolbox.offers_async(toolset, name=name)})

    @property
    def schemas(self) -> list[Json]:
        """What the model is told of the tools: the `tools` of a request."""
        return [self._schema(one) for one in self.offers.values()]

    def answers(self, message: Any, *, run: str, step: str | int, leave: Collection[str] = ()) -> list[Json]:
        """Make all calls of a model's message, side by side. Answers what follows it in the conversation.

        `run` and `step` are those of `callgate.Run.call`: the same when a resumed agent comes to this message again, such as
        the task's number and `len(messages)`. Equal calls of the message are told apart by their order. `leave`: names of tools
        that the caller answers itself. Raises CallUnsettled where it is open how a call ended: ask again with the same run and
        step.
        """
        calls = self._mine(message, leave)
        return self._results(calls, answer_all(self.toolbox, self.offers, calls, run_name(run), step)) if calls else []

    async def answers_async(self, message: Any, *, run: str, step: str | int, leave: Collection[str] = ()) -> list[Json]:
        """As `answers`, for asyncio."""
        calls = self._mine(message, leave)
        answers = await answer_all_async(self.toolbox, self.offers, calls, run_name(run), step)
        return self._results(calls, answers) if calls else []

    def _mine(self, message: Any, leave: Collection[str]) -> list[ModelCall]:
        return [call for call in self._calls(message) if call.name not in leave]

    @abstractmethod
    def _schema(self, offer: Offer) -> Json:
        """The offer, as the provider is told of it."""

    @abstractmethod
    def _calls(self, message: Any) -> list[ModelCall]:
        """The calls in a model's message, in their order."""

    @abstractmethod
    def _results(self, calls: Sequence[ModelCall], answers: Sequence[Answer]) -> list[Json]:
        """What is to follow the message."""


def part(whole: Any, name: str) -> Any:
    """A field of what a provider's client has answered, or of the same as JSON; None where there is none."""
    return whole.get(name) if isinstance(whole, Mapping) else getattr(whole, name, None)
