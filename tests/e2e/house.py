"""One Callgate in a home of its own, and what a test can see of it from outside."""

import asyncio
import http.client
import json
import os
import signal
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import docker

import callgate
from callgate import Client, CredentialSource, ImportReport, Invocation, RetryPolicy, VersionState
from callgate.errors import InvocationNotFound
from gateway.cli.toolset.provision import credential_roles
from gateway.embedded.child import Child
from gateway.embedded.launch import from_python
from gateway.embedded.options import StackOptions
from gateway.embedded.passed_settings import vault_settings
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir
from gateway.model.principal import Principal
from gateway.operations.health_checks import serving
from gateway.pipeline.call import invocation_id
from gateway.secrets.provision import provision
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken
from sandbox.hardening.profile import RUN_DIR_LABEL

T = TypeVar("T")

ENGINE = Path("/run/docker.sock")
OPERATOR = Principal("local", "operator", "operator")
SCHEME = "bearerAuth"

#: Seconds: the promise for what a killed gateway has left.
CLEAN_WITHIN = 60.0
_READY_WITHIN = 60.0
_DRAIN_WITHIN = 40.0


def eventually(condition: Callable[[], object], seconds: float = 10.0, what: str = "the condition") -> None:
    """Return once the condition holds; fail at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds:g} s"
        time.sleep(0.02)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail where the block takes longer."""
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    assert took < seconds, f"it took {took:.2f} s, not {seconds:g}"


class House:
    """Enter it in the main thread: its processes end with the thread that started them."""

    def __init__(
        self,
        home: Path,
        listen: str,
        observer: docker.APIClient,
        *,
        pool_size: int = 2,
        docker_socket: Path = ENGINE,
        telemetry: Mapping[str, str] | None = None,
    ) -> None:
        """`observer` is a connection to the engine that the gateway has no part in."""
        self.state = StateDir(home)
        self.address = listen
        self.pool_size = pool_size
        options = StackOptions(
            listen=listen, pool_size=pool_size, private_networks=("127.0.0.1/32",), docker_socket=docker_socket
        )
        self._stack = Stack(self.state, options)
        self._observer = observer
        self._telemetry = dict(telemetry or {})
        self._runner = asyncio.Runner()
        self._threads = ThreadPoolExecutor(32)
        self._opened = ExitStack()
        self._gateway: Child | None = None

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.callback(self._runner.close)
            opening.callback(self._threads.shutdown)
            self.run_async(self._stack.__aenter__())
            opening.callback(lambda: self.run_async(self._stack.__aexit__(None, None, None)))
            opening.callback(self.stop_gateway)
            self.start_gateway()
            self.client = opening.enter_context(self.connect(RetryPolicy()))
            self.hasty = opening.enter_context(self.connect(RetryPolicy(patience=0)))
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def connect(self, retry: RetryPolicy, token: str | None = None) -> Client:
        """A client with this token, or with the operator's."""
        return Client(self.address, token=token or self.state.token.read_text(), retry=retry)

    # The gateway's process

    def start_gateway(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: what this one gets beside the settings."""
        launch = from_python({**self.settings, **self._telemetry, **(environment or {})})
        self._gateway = Child("gateway", launch.command, log=self.log, environment=launch.environment)
        self.run_async(self._gateway.wait_ready(lambda: serving(self.address), _READY_WITHIN))

    def stop_gateway(self) -> None:
        if self._gateway is not None:
            self.run_async(self._gateway.stop(_DRAIN_WITHIN))

    def signal_gateway(self, number: signal.Signals) -> None:
        os.kill(self.gateway.pid, number)

    @property
    def gateway(self) -> Child:
        assert self._gateway is not None, "the gateway has not been started"
        return self._gateway

    def is_serving(self) -> bool:
        return self.run_async(serving(self.address))

    def exit_code(self) -> int:
        """The gateway's, once it has ended."""
        return self.run_async(asyncio.wait_for(self.gateway.wait(), _DRAIN_WITHIN))

    @property
    def settings(self) -> dict[str, str]:
        return self._stack.settings

    @property
    def log(self) -> Path:
        return self.state.logs / "gateway.log"

    # Calls

    def begin(self, tool: str, arguments: Mapping[str, Any], key: str, caller: Client | None = None) -> Future[Invocation]:
        """A call in a thread of its own."""
        return self._threads.submit((caller or self.client).call, tool, arguments, key=key)

    def id_of(self, key: str) -> str:
        """The id of the operator's invocation with this key, also while it is under way."""
        return invocation_id(OPERATOR, key)

    def box_of(self, key: str) -> str:
        """The box that the operator's call with this key was first let go in."""
        watching = self.client.invocations.handle(self.id_of(key)).watch(timeout=10)
        return next(event.attributes["box"] for event in watching if event.kind == "DISPATCHED")

    def has_begun(self, key: str) -> bool:
        """Whether the operator's call with this key is on record."""
        try:
            self.client.invocations.get(self.id_of(key))
        except InvocationNotFound:
            return False
        return True

    def settle(self, id: str) -> list[str]:
        """The kinds of the invocation's events, once its clean-up is done."""
        return [event.kind for event in self.client.invocations.handle(id).watch(until_settled=True, timeout=CLEAN_WITHIN)]

    def offer(self, document: bytes, toolset: str, server: str, secret: str | None = None) -> ImportReport:
        """Import a document; with a secret, put that into Vault and let the toolset's tools read it."""
        sources = [CredentialSource(SCHEME, f"secret/data/{toolset}", "token")] if secret else []
        report = self.client.toolsets.import_openapi(document, toolset, server=server, credentials=sources)
        assert report.faults == ()
        self.promote(report)
        if secret:
            self.provide(report, f"secret/data/{toolset}", secret)
        return report

    def promote(self, report: ImportReport) -> None:
        """Let be called what the import held: a test's shop has moved since the last one, and that breaks callers."""
        for change in report.changes:
            if change.held:
                self.client.tools.set_state(f"{change.name}@{change.version}", VersionState.ACTIVE)

    def provide(self, report: ImportReport, path: str, token: str) -> None:
        """Put a secret into Vault, and let the tools of this report read it."""
        self.store(report, {path: {"token": token}})

    def store(self, report: ImportReport, secrets: Mapping[str, Mapping[str, Any]]) -> None:
        """Put secrets into Vault, by their paths, and let the tools of this report read those that they name."""
        for path, fields in secrets.items():
            self.vault("POST", path, {"data": fields})
        self.make_roles(report)

    def make_roles(self, report: ImportReport) -> None:
        """Let the tools of this report read the secrets that they name."""
        self.run_async(self._provision(report.roles))

    # What is left

    def boxes(self) -> set[str]:
        """The names of this home's containers that exist, in whatever state."""
        found = self._observer.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={self.state.run}"})
        return {entry["Names"][0].lstrip("/") for entry in found}

    def ready_boxes(self) -> list[int]:
        """The processes of the boxes that wait or work, the newest last: they have a socket to the gateway, and one to its
        broker."""
        found = sorted((self.inspect(box) for box in self.boxes()), key=lambda box: str(box["Created"]))
        return [pid for box in found if (pid := int(box["State"]["Pid"])) and _count_sockets(pid) >= 2]

    def pid_of(self, box: str) -> int:
        """The process in a box, as the host counts."""
        return int(self.inspect(box)["State"]["Pid"])

    def inspect(self, box: str) -> dict[str, Any]:
        return dict(self._observer.inspect_container(box))

    def socket_directories(self) -> set[str]:
        """The names of the boxes that have one."""
        return {path.name for path in self.state.run.glob("*/cg-*")}

    def is_at_rest(self) -> bool:
        """Whether there are the boxes that wait, with their directories, and nothing else."""
        boxes = self.boxes()
        return len(boxes) == self.pool_size and boxes == self.socket_directories()

    def token_lives(self, accessor: str) -> bool:
        status, _ = self._ask_vault("POST", "auth/token/lookup-accessor", {"accessor": accessor})
        return status == http.client.OK

    def live_tokens(self) -> list[str]:
        """The accessors of the tokens that were minted for calls, wrapping ones included, and still live."""
        found = []
        for accessor in self.vault("GET", "auth/token/accessors?list=true")["data"]["keys"]:
            status, answer = self._ask_vault("POST", "auth/token/lookup-accessor", {"accessor": accessor})
            if status == http.client.OK and answer["data"]["path"].startswith("auth/token/create/callgate-"):
                found.append(accessor)
        return found

    # The operator's hand on Vault

    def vault(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        status, answer = self._ask_vault(method, path, body)
        assert status < http.client.BAD_REQUEST, f"Vault answered {status} to {method} {path}"
        return answer

    def vault_is_active(self) -> bool:
        status, _ = self._ask_vault("GET", "sys/health", None)
        return status == http.client.OK

    async def _provision(self, roles: Sequence[callgate.CredentialRole]) -> None:
        token = FixedToken(self.state.root_token.read_text())
        operator = Vault(vault_settings(self.settings), token, patience=10)
        try:
            await provision(
                operator,
                credential_roles(roles),
            )
        finally:
            await operator.aclose()

    def _ask_vault(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        connection = self._connect_vault()
        try:
            headers = {"X-Vault-Token": self.state.root_token.read_text()}
            connection.request(method, f"/v1/{path}", json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return response.status, json.loads(text) if text else {}

    def _connect_vault(self) -> http.client.HTTPSConnection:
        place = urlsplit(self.settings["CALLGATE_VAULT_ADDRESS"]).netloc
        context = ssl.create_default_context(cafile=self.settings["CALLGATE_VAULT_CA_FILE"])
        return http.client.HTTPSConnection(place, timeout=10, context=context)

    def run_async(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)


def _count_sockets(pid: int) -> int:
    try:
        return sum(file.readlink().name.startswith("socket:") for file in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return 0  # it ended just now
