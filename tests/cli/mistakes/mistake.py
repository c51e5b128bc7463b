"""What a row of the table is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Needs(Enum):
    """What must run for a row. OWN: nothing to make the mistake; the cure starts a stack of its own."""

    NOTHING = "nothing"
    STACK = "the shared stack"
    OWN = "a stack of its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """`before`, `does` and `follows` are what a newcomer types into bash, in an empty directory with these `files`.

    `does` ends with the documented exit code `code`, and prints what the pattern `cure` finds. What the pattern's groups have
    found is in variables of their names for `follows`: so it is the cure as printed that is followed. It must end with 0, and
    print what the pattern `works` finds.

    The variables that `newcomer.place` tells of are set in all three, and SITE is filled into `files`.
    """

    what: str
    does: str
    code: int
    cure: str
    follows: str
    works: str
    needs: Needs = Needs.STACK
    before: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


def document(
    operation: str, path: str = "/echo", *, method: str = "get", more: str = "", head: str = "openapi: 3.1.0\n"
) -> str:
    """A document of one operation without a server. `more` is what the operation says besides, indented by six."""
    said = (
        f"{head}info: {{title: Site, version: '1'}}\npaths:\n  {path}:\n    {method}:\n      operationId: {operation}\n{more}"
    )
    return said + '      responses: {"200": {description: Said.}}\n'
