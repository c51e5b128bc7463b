"""What the gateway tells the process at its start: one argument, in JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`gateway`: its address, as the SDK takes it. `listeners`: descriptors that listen. `resource`: the URL by which clients
    know the door; `names` and `origins`: the hosts that a request may be for, and the pages that it may come from.
    `certificate` and `key`: PEM files, None in the clear. `body_bytes`: of one request."""

    gateway: str
    listeners: tuple[int, ...]
    resource: str
    names: frozenset[str]
    origins: frozenset[str]
    body_bytes: int
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        told = json.loads(text)
        return cls(
            gateway=told["gateway"],
            listeners=tuple(told["listeners"]),
            resource=told["resource"],
            names=frozenset(told["names"]),
            origins=frozenset(told["origins"]),
            body_bytes=told["body_bytes"],
            certificate=Path(told["certificate"]) if told.get("certificate") else None,
            key=Path(told["key"]) if told.get("key") else None,
        )
