"""A second gateway of a house, on its store and its Vault."""

from collections.abc import Callable, Mapping
from typing import Self

from callgate import Client
from gateway.embedded.child import Child
from gateway.embedded.launch import from_python
from gateway.operations.health_checks import serving

from .house import House

_READY_WITHIN = 60.0
_DRAIN_WITHIN = 40.0


class SecondGateway:
    """Enter it in the main thread, as its house. It has a state directory of its own."""

    def __init__(self, house: House, free_port: Callable[[], int], settings: Mapping[str, str] | None = None) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self._house = house
        state = house.state.gateway.with_name("second-gateway")
        state.mkdir(mode=0o700, exist_ok=True)
        own = {"CALLGATE_LISTEN": self.address, "CALLGATE_POOL_SIZE": "1", "CALLGATE_STATE_DIR": str(state)}
        self._settings = {**own, **(settings or {})}
        self._process: Child | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        launch = from_python({**self._house.settings, **self._settings})
        log = self._house.state.logs / "second.log"
        self._process = Child("second gateway", launch.command, log=log, environment=launch.environment)
        self._house.run_async(self._process.wait_ready(lambda: serving(self.address), _READY_WITHIN))

    def stop(self) -> None:
        if self._process is not None:
            self._house.run_async(self._process.stop(_DRAIN_WITHIN))

    def connect(self) -> Client:
        """A client of this gateway alone, with the operator's token."""
        return Client(self.address, token=self._house.state.token.read_text())
