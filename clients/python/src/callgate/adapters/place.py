"""Where in a run a call is made: what its key comes from, and what a resume finds again."""

from dataclasses import KW_ONLY, dataclass
from hashlib import sha256

from callgate.checks import is_run_id


@dataclass(frozen=True, slots=True)
class Place:
    """`run` and `step` are those of `callgate.Run.call`; `occurrence` and `call_id` tell equal calls of a step apart. Without
    both, equal calls of one step are one, and act once. See `callgate.keys`."""

    run: str
    step: str | int
    _: KW_ONLY
    occurrence: int = 0
    call_id: str | None = None


def run_name(given: object) -> str:
    """A framework's name of a run, as the gateway takes one: any other than 1 to 255 printable characters, without a space at
    the ends, is hashed."""
    name = str(given)
    if is_run_id(name):
        return name
    return f"run-{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"
