"""What a model is shown of a tool, and how offers are read from a gateway's catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callgate.adapters.forms import Forms
from callgate.adapters.hints import Hints, hints_of
from callgate.aio import AsyncClient
from callgate.types import SchemaForm, Tool, VersionState

#: The states in which a version may be called.
_CALLABLE = frozenset((VersionState.ACTIVE, VersionState.DEPRECATED))


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool, with its schema in the form in which a model is shown it. None: the tool's own."""

    tool: Tool
    form: SchemaForm | None

    @property
    def name(self) -> str:
        return self.tool.name

    @property
    def description(self) -> str:
        """For the model, who reads there, too, whether it should rather take another tool."""
        said = self.tool.description or self.tool.name
        return f"{said}\n\nDeprecated: rather use another tool." if self.tool.deprecated else said

    @property
    def schema(self) -> Mapping[str, Any]:
        return self.tool.input_schema

    @property
    def strict(self) -> bool:
        """Whether the schema is as OpenAI's strict mode takes it."""
        return self.form is SchemaForm.STRICT

    @property
    def hints(self) -> Hints:
        return hints_of(self.tool.effect)


async def read_offers(client: AsyncClient, forms: Forms, toolset: str | None, name: str | None) -> list[Offer]:
    """The tools that may be called now, by their names. Raises CallgateError."""
    first = next(iter(forms), None)
    listed = client.tools.list(toolset, name=name, schema_form=first)
    return [await in_form(client, tool, forms) async for tool in listed if tool.state in _CALLABLE]


async def in_form(client: AsyncClient, tool: Tool, forms: Forms) -> Offer:
    """The tool in the first of the forms that its schema has."""
    shown = tool
    for number, form in enumerate(forms):
        if number:
            shown = await client.tools.get(tool.reference, schema_form=form)
        if not shown.schema_form_refusal:
            return Offer(shown, form)
    return Offer(shown, None)
