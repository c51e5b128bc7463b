"""A gateway whose way out is not plain: with authorities, proxies and names of the tests' own, beside the house of all."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from callgate import Client, Evidence, Invocation, RetryPolicy, SandboxFailed, State, ToolFailed
from callgate.fault_code import FaultCode
from gateway.embedded.child import Child
from gateway.embedded.launch import from_python
from gateway.operations.health_checks import serving
from tests.e2e.house import House

from .certificates import Authority

_READY_WITHIN = 60.0
_DRAIN_WITHIN = 40.0

#: Names that this host knows, by the mount of a file of names that this one gateway sees.
HOSTS = {
    "two.example": ("127.0.0.2", "127.0.0.3"),
    "six.example": ("::1", "127.0.0.3"),
    "half.example": ("127.0.0.3", "169.254.169.254"),
    "api.example": ("127.0.0.1",),
    "inside.proxied.example": ("10.1.2.3",),
    "metadata.proxied.example": ("169.254.169.254",),
    "plain.proxied.example": ("127.0.0.1",),
}


@dataclass
class Out:
    """Enter it in the main thread. `system` is the authority that its host trusts, `own` that of CALLGATE_CA_FILE."""

    house: House
    home: Path
    address: str
    settings: Mapping[str, str]
    system: Authority = field(default_factory=Authority)
    own: Authority = field(default_factory=Authority)

    def __enter__(self) -> Self:
        state = self.home / "state"
        state.mkdir(mode=0o700)
        (self.home / "hosts").write_text(_hosts_file())
        self.bundle.write_text(self.system.pem)
        self.trust(self.own.pem)
        chosen = {
            "CALLGATE_LISTEN": self.address,
            "CALLGATE_POOL_SIZE": "1",
            "CALLGATE_STATE_DIR": str(state),
            "CALLGATE_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
            "CALLGATE_CA_FILE": str(self.ca_file),
            "SSL_CERT_FILE": str(self.bundle),
        }
        launch = from_python({**self.house.settings, **chosen, **self.settings})
        renamed = f'mount --bind {self.home / "hosts"} /etc/hosts && exec "$@"'
        command = (_program("unshare"), "--mount", _program("sh"), "-c", renamed, "sh", *launch.command)
        self.log = self.house.state.logs / "out.log"
        self._process = Child("gateway", command, log=self.log, environment=launch.environment)
        self.house.run_async(self._process.wait_ready(lambda: serving(self.address), _READY_WITHIN))
        self.client = Client(self.address, token=self.house.state.token.read_text(), retry=RetryPolicy())
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.house.run_async(self._process.stop(_DRAIN_WITHIN))

    @property
    def bundle(self) -> Path:
        return self.home / "bundle.pem"

    @property
    def ca_file(self) -> Path:
        return self.home / "own.pem"

    def trust(self, pem: str) -> None:
        """Have the operator's file say so, whole."""
        draft = self.home / "draft.pem"
        draft.write_text(pem)
        draft.replace(self.ca_file)

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None, **options: Any) -> Invocation:
        return self.client.call(tool, arguments or {}, **options)


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed"
    return found


def _hosts_file() -> str:
    known = {"localhost": ("127.0.0.1",), **HOSTS}
    return "".join(f"{address} {name}\n" for name, addresses in known.items() for address in addresses)


def assert_not_sent(ended: Invocation, *words: str, fault: FaultCode = FaultCode.UPSTREAM_UNREACHABLE) -> None:
    """It failed with nothing sent, in every attempt, so that its key is free, no person is asked, and the cause is told."""
    assert isinstance(ended.outcome, ToolFailed | SandboxFailed), ended.outcome
    assert (ended.outcome.fault, ended.outcome.not_done, ended.outcome.effect_possible) == (fault, True, False), ended.outcome
    assert {attempt.evidence for attempt in ended.attempts} == {Evidence.NOT_SENT}
    assert (ended.state, ended.under_review) == (State.FAILED, False)
    for word in words:
        assert word in str(ended.outcome), ended.outcome
