"""Arguments for frameworks that take a tool's schema as a model of pydantic's, and send what the model lets pass.

Pydantic comes with such a framework: the SDK does not need it.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class AnyArguments(BaseModel):
    """All arguments pass as they are, under any names: the gateway judges them."""

    model_config = ConfigDict(extra="allow")


def arguments_of(schema: Mapping[str, Any]) -> type[AnyArguments]:
    """A model that a framework reads this schema from, with `properties` in any case, which some take for granted."""

    class Arguments(AnyArguments):
        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return {"properties": {}, **schema}

    return Arguments
