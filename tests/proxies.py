"""Proxies as operators put them before a gateway: Debian's HAProxy and nginx, each a process of its own on a free port.

Their configurations are those of the page that operators read.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

#: The page whose configurations operators copy.
PAGE = Path(__file__).parents[1] / "docs" / "behind-a-proxy.md"

OF_HAPROXY = """
global
    log stderr local0
    hard-stop-after 300ms
"""

#: What its `defaults` say beside those of the page.
DEFAULTS_OF_HAPROXY = """
    log global
    option dontlognull
    log-format "ENDED after %Tt ms"
    retries 1
"""

AROUND_NGINX = """
daemon off;
user root;
pid {home}/pid;
error_log {home}/error.log;
worker_shutdown_timeout 300ms;
events {{}}
http {{
    log_format one ENDED;
    access_log {home}/log one;
    client_body_temp_path {home}/client_body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
{server}
}}
"""


@dataclass
class Proxy:
    """Enter it to start it. Its port stays the same over stops and starts."""

    command: Sequence[str]
    port: int
    reload_signal: signal.Signals
    log: Path
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        with self.log.open("ab") as output:
            process = self._process = subprocess.Popen(self.command, stdout=output, stderr=output)
        wait_until(lambda: self._is_ready() or process.poll() is not None, f"{self.command[0]} to listen")
        assert process.poll() is None, f"{self.command[0]} does not start: {self.log.read_text()}"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def _is_ready(self) -> bool:
        return is_open(self.port) and bool(self.workers())

    @property
    def ended(self) -> int:
        """How many requests have ended, or connections where it knows no requests."""
        return self.log.read_bytes().count(b"ENDED")

    def reload(self) -> None:
        """As after a change of its configuration: the old worker ends what it has under way within 300 ms, and goes."""
        before, signalled = self.workers(), 0.0

        def reloaded() -> bool:
            nonlocal signalled
            if self.workers() <= before and time.monotonic() > signalled + 1.0:  # HAProxy loses one that comes early
                signalled = time.monotonic()
                self.signal(self.reload_signal)
            return self._is_ready() and not before & self.workers()

        wait_until(reloaded, "a new worker in the old one's place")

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def workers(self) -> set[int]:
        """The processes that it has made."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return {int(pid) for pid in children.read_text().split()}


class Proxies:
    """Starts proxies, each in a directory of its own."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home = home
        self._stack = stack
        self._count = 0

    def haproxy(self, upstream: str, *, idle: float = 60.0, mode: str = "http") -> Proxy:
        """In mode `tcp` it is a balancer that knows nothing of gRPC. `idle`: seconds after which it ends what is silent."""
        home, port = self._new("haproxy")
        changes = {"127.0.0.1:8443": f"127.0.0.1:{port}", "127.0.0.1:7443": upstream, " 60s": f" {round(idle * 1000)}ms"}
        if mode == "tcp":
            changes |= {"mode http": "mode tcp", " proto h2": ""}
        text = from_page("haproxy", {**changes, "defaults\n": f"defaults{DEFAULTS_OF_HAPROXY}"})
        config = home / "haproxy.cfg"
        config.write_text(OF_HAPROXY + text)
        command = [_program("haproxy"), "-W", "-db", "-f", str(config)]
        return self._start(Proxy(command, port, signal.SIGUSR2, home / "log"))

    def nginx(self, upstream: str, *, idle: float = 60.0, body_bytes: int = 1 << 24) -> Proxy:
        return self._nginx(f"grpc_pass grpc://{upstream};", idle=idle, body_bytes=body_bytes)

    def nginx_that_says(self, status: int, body: str = "<html>no gateway</html>") -> Proxy:
        """An nginx that answers by itself, with a page."""
        return self._nginx(f"default_type text/html; return {status} '{body}';")

    def _nginx(self, does: str, *, idle: float = 60.0, body_bytes: int = 1 << 24) -> Proxy:
        home, port = self._new("nginx")
        config = home / "nginx.conf"
        changes = {"127.0.0.1:8443": f"127.0.0.1:{port}", "grpc_pass grpc://127.0.0.1:7443;": does}
        limits = {" 60s": f" {round(idle * 1000)}ms", " 16m;": f" {body_bytes};"}
        config.write_text(AROUND_NGINX.format(home=home, server=from_page("nginx", {**changes, **limits})))
        command = [_program("nginx"), "-p", f"{home}/", "-c", str(config), "-e", str(home / "error.log")]
        return self._start(Proxy(command, port, signal.SIGHUP, home / "log"))

    def _new(self, name: str) -> tuple[Path, int]:
        self._count += 1
        home = self._home / f"{name}-{self._count}"
        home.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return home, int(probe.getsockname()[1])

    def _start(self, proxy: Proxy) -> Proxy:
        return self._stack.enter_context(proxy)


@pytest.fixture
def proxies(tmp_path: Path) -> Iterator[Proxies]:
    """Starts HAProxy and nginx; what was started is stopped by its own process id."""
    with ExitStack() as stack:
        yield Proxies(tmp_path, stack)


def from_page(language: str, changes: Mapping[str, str]) -> str:
    """The page's one configuration in this language, with these words in the place of its own."""
    [text] = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for word, other in changes.items():
        assert word in text, f"{PAGE.name} no longer says {word!r}"
        text = text.replace(word, other)
    return str(text)


def wait_until(condition: Callable[[], object], what: str, *, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found, f"{name} is not installed: apt-get install {'nginx-light' if name == 'nginx' else name}"
    return found
