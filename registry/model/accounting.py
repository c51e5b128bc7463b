"""What is counted of a call, and what is kept of it: as an operator says, and no document."""

from dataclasses import dataclass

#: Seconds for which what a call was asked and answered is kept, where the manifest does not say.
KEPT_FOR = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Meter:
    """A number in a tool's answers, such as its tokens, and what each one costs, in the operator's own unit.

    `pointers` (RFC 6901) are places where it may stand, the first that leads to a number counts; of a streamed answer, they are
    places in its events, of which the last one counts that has the number.
    """

    pointers: tuple[str, ...]
    price: float

    @property
    def name(self) -> str:
        """What is counted: the last step of the first pointer."""
        return self.pointers[0].rpartition("/")[2] or "value"


@dataclass(frozen=True, slots=True)
class Keep:
    """Which parts of each call are kept beside its record, and for how many seconds after its end."""

    arguments: bool = False
    answers: bool = False
    seconds: float = KEPT_FOR
