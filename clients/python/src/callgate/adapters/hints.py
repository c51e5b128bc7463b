"""What a tool's effect means in the words that frameworks and MCP have for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from callgate.types import Effect


@dataclass(frozen=True, slots=True)
class Hints:
    """`destructive`: it may change what is there; it is not known of a tool that acts, so it is True for each. `idempotent`: a
    further call with the same arguments changes nothing more. A KEYED tool is not: each further call of a model has a key of
    its own. `open_world`: it reaches what others can change."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = True

    @property
    def annotations(self) -> Mapping[str, bool]:
        """As MCP's ToolAnnotations."""
        return {
            "readOnlyHint": self.read_only,
            "destructiveHint": self.destructive,
            "idempotentHint": self.idempotent,
            "openWorldHint": self.open_world,
        }


#: What a call of any other effect may do is taken for the worst.
_ACTS = Hints(read_only=False, destructive=True, idempotent=False)
_OF = {
    Effect.PURE: Hints(read_only=True, destructive=False, idempotent=True, open_world=False),
    Effect.READ: Hints(read_only=True, destructive=False, idempotent=True),
    Effect.IDEMPOTENT: Hints(read_only=False, destructive=True, idempotent=True),
}


def hints_of(effect: Effect) -> Hints:
    return _OF.get(effect, _ACTS)
