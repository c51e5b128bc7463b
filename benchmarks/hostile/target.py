"""What an attack is given to know."""

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """`gateway` and `upstream` are `host:port`. `token` is the hostile tenant's. `run_dir` is the gateway's, with its boxes."""

    gateway: str
    upstream: str
    run_dir: str
    token: str = field(repr=False)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Target":
        return cls(**json.loads(text))
