"""What the upstream wrote down of each request, before it answered: the benchmark's independent witness."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """`at`: a moment of the monotonic clock. `acted`: it had its effect. `status`: 0 where no whole answer follows."""

    at: float
    method: str
    charge: str
    acted: bool
    status: int

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


class UpstreamLog:
    """Reads the file as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._requests: list[Request] = []

    def requests(self) -> list[Request]:
        """All until now."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            whole, _, _ = file.read().rpartition(b"\n")
        if whole:
            self._read += len(whole) + 1
            self._requests += [Request(**json.loads(line)) for line in whole.split(b"\n")]
        return self._requests

    def acted_since(self, moment: float) -> int:
        """How many requests with an effect that is not idempotent came after a moment."""
        return sum(1 for one in self.requests() if one.acted and one.method == "POST" and one.at > moment)
