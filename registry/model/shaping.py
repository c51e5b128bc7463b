"""What an operator makes of the answers of a tool: how much of one is shown, and how a list goes on behind it."""

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class View:
    """What a caller gets of an answer. `projection`: a JMESPath expression, whose value takes the place of a JSON answer of a
    success. `bytes`: what is larger than that is cut. None: neither."""

    projection: str | None = None
    bytes: int | None = None


class PaginationKind(StrEnum):
    """By what the next page of a list is asked for."""

    CURSOR = "cursor"  # what the answer has at `next`
    PAGE = "page"  # the number of the page
    OFFSET = "offset"  # how many items there were before
    LINK = "link"  # a URL: at `next`, or in the header Link


@dataclass(frozen=True, slots=True)
class Pagination:
    """How one call fetches several pages of a list, up to `pages`, and makes one answer of them.

    `items`, `next` and `more` are JSON Pointers into a page, in which `-` means an array's last item: the array that is joined;
    what leads to the next page; and what is false on the last one. `argument`: the argument that takes the cursor, number or
    offset, or a JSON Pointer to its place in the arguments, below the body's. `first`: what it is on the first page, where the
    caller does not say.
    """

    kind: PaginationKind
    items: str
    _: KW_ONLY
    argument: str = ""
    next: str = ""
    more: str = ""
    first: int | None = None
    pages: int = 10

    @property
    def start(self) -> int:
        """Pages are counted from 1, and items from 0, where the manifest does not say."""
        return self.first if self.first is not None else int(self.kind is PaginationKind.PAGE)
