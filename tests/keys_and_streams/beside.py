"""A gateway with settings of its own, beside the house of all: on its Redis and Vault."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from callgate import Client, Invocation, RetryPolicy
from gateway.embedded.child import Child
from gateway.embedded.launch import from_python
from gateway.operations.health_checks import serving
from tests.e2e.house import House
from tests.real_apis.conftest import Situation

_READY_WITHIN = 60.0
_DRAIN_WITHIN = 40.0


@dataclass
class Beside:
    """Enter it in the main thread."""

    house: House
    home: Path
    address: str
    settings: Mapping[str, str]

    def __enter__(self) -> Self:
        state = self.home / "state"
        state.mkdir(mode=0o700)
        chosen = {"CALLGATE_LISTEN": self.address, "CALLGATE_POOL_SIZE": "1", "CALLGATE_STATE_DIR": str(state)}
        launch = from_python({**self.house.settings, **chosen, **self.settings})
        log = self.house.state.logs / "beside.log"
        self._process = Child("gateway", launch.command, log=log, environment=launch.environment)
        self.house.run_async(self._process.wait_ready(lambda: serving(self.address), _READY_WITHIN))
        self.client = Client(self.address, token=self.house.state.token.read_text(), retry=RetryPolicy())
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.house.run_async(self._process.stop(_DRAIN_WITHIN))

    @property
    def pid(self) -> int:
        return self._process.pid

    def call(self, made: Situation, operation: str, arguments: Mapping[str, Any] | None = None, **options: Any) -> Invocation:
        """Call the tool of this operation through this gateway."""
        return self.client.call(made.name(operation), arguments or {}, **options)
