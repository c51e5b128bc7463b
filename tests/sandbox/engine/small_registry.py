"""A registry of images on loopback, with one image, made of a file or two. Engines trust it without TLS."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class SmallRegistry(ThreadingHTTPServer):
    """Serves `NAME:latest`, of any name but `private`, for which it wants a login."""

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes], platform: tuple[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        layer = archive(files)
        config = {"os": platform[0], "architecture": platform[1], "config": {"Cmd": ["/tool"]}}
        rootfs = {"rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}
        self.blobs = {digest(blob): blob for blob in (layer, json.dumps(config | rootfs).encode())}
        self.manifest = json.dumps(_manifest(*reversed(self.blobs.items()))).encode()

    def image(self, name: str) -> str:
        return f"127.0.0.1:{self.server_port}/{name}"


class _Answers(BaseHTTPRequestHandler):
    """The parts of the OCI distribution API that a pull asks for."""

    server: SmallRegistry

    def do_GET(self) -> None:
        kind, _, reference = self.path.removeprefix("/v2/").rpartition("/")
        if self.path == "/v2/":
            self._say(200, b"{}", "application/json")
        elif kind.startswith("private"):
            self._say(401, json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}).encode())
        elif kind.endswith("/blobs") and reference in self.server.blobs:
            self._say(200, self.server.blobs[reference], "application/octet-stream")
        elif kind.endswith("/manifests") and reference in ("latest", digest(self.server.manifest)):
            self._say(200, self.server.manifest, MANIFEST)
        else:
            self._say(404, json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}).encode())

    do_HEAD = do_GET  # noqa: N815

    def _say(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": len(body), "Docker-Content-Digest": digest(body)}
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def small_registry(files: Mapping[str, bytes], platform: str) -> Iterator[SmallRegistry]:
    system, _, architecture = platform.partition("/")
    with SmallRegistry(files, (system, architecture)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def archive(files: Mapping[str, bytes], modes: Mapping[str, int] | None = None) -> bytes:
    """A tar of these files, each for all to read and start, unless its mode is given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), (modes or {}).get(name, 0o755)
            made.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _manifest(config: tuple[str, bytes], layer: tuple[str, bytes]) -> dict[str, Any]:
    kinds = ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar")
    described = [
        {"mediaType": kind, "digest": name, "size": len(blob)}
        for kind, (name, blob) in zip(kinds, (config, layer), strict=True)
    ]
    return {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0], "layers": described[1:]}
