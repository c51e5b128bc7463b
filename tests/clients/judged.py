"""The upstream of the tools that the judge of MCP calls, and the document that names them as its scenarios want."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Seconds between the events of an answer that comes in several: the door tells of each.
PAUSE = 0.4
EVENTS = 4
PLAIN = "text/plain; charset=utf-8"

_TEXT = {"200": {"description": "A text.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
_EVENTS = {"200": {"description": "Events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}}
_ADDRESS = {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}
#: As the scenario has it; the reference is to a schema of the document's own.
_WITH_EVERYTHING = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/components/schemas/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}

#: Tools without arguments, by their paths: what each answers.
TEXTS = {
    "test_simple_text": "This is a simple text response for testing.",
    "test_reconnection": "Reconnection test completed.",
    "test_missing_capability": "No capability of the client's was needed.",
    "test_streaming_elicitation": "No person was asked.",
    "test_logging_tool": "Nothing was logged.",
}


#: Media, by the same: a picture of one dot, and a sound of no length.
_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
_SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
MEDIA = {
    "test_image_content": ("image/png", base64.b64decode(_DOT)),
    "test_audio_content": ("audio/wav", base64.b64decode(_SILENCE)),
}


def document() -> bytes:
    paths: dict[str, Any] = {f"/{name}": {"get": _operation(name, _TEXT)} for name in TEXTS}
    for name, (media, _) in MEDIA.items():
        paths[f"/{name}"] = {"get": _operation(name, {"200": {"description": "A medium.", "content": {media: {}}}})}
    paths["/test_error_handling"] = {"get": _operation("test_error_handling", _TEXT)}
    paths["/test_tool_with_progress"] = {"get": _operation("test_tool_with_progress", _EVENTS)}
    body = {"required": True, "content": {"application/json": {"schema": _WITH_EVERYTHING}}}
    paths["/json"] = {"post": {**_operation("json_schema_2020_12_tool", _TEXT), "requestBody": body}}
    schemas = {"schemas": {"address": {"$anchor": "addressDef", **_ADDRESS}}}
    whole = {"openapi": "3.1.0", "info": {"title": "Judged", "version": "1.0.0"}, "paths": paths, "components": schemas}
    return json.dumps(whole).encode()


def _operation(name: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "summary": f"What the judge calls {name}.", "responses": responses}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Upstream"

    def do_GET(self) -> None:
        self.close_connection = True
        name = self.path.strip("/")
        if name == "test_tool_with_progress":
            self._stream()
        elif name in MEDIA:
            self._say(200, *MEDIA[name])
        elif name in TEXTS:
            self._say(200, PLAIN, TEXTS[name].encode())
        else:
            self._say(422, PLAIN, b"This tool intentionally returns an error for testing")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._say(200, PLAIN, b"done")

    def _say(self, status: int, media: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for number in range(EVENTS):
            self.wfile.write(f"data: {number}\n\n".encode())
            self.wfile.flush()
            self.server.ended.wait(PAUSE)

    def log_message(self, *_: object) -> None: ...


class Upstream(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.ended = threading.Event()


@contextmanager
def upstream() -> Iterator[str]:
    """Its URL, as long as it listens."""
    server = Upstream()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
