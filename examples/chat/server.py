"""Stands in for an LLM's API of Anthropic's shape: it says the same words to every question, whole or in events.

    python examples/chat/server.py --key-file FILE [--port PORT]

prints `{"port": …}` once it listens.
"""

import argparse
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WORDS = ("Tea", " is", " ready", ".")
INPUT_TOKENS, OUTPUT_TOKENS = 11, 4
VERSION = "2023-06-01"


def whole(asked: dict[str, Any]) -> dict[str, Any]:
    """The answer in one piece."""
    content = [{"type": "text", "text": "".join(WORDS)}]
    return _message(asked, content) | {"usage": {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}}


def events(asked: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same in events, each with its type: the tokens of the question come first, those of the answer last."""
    begun = _message(asked, []) | {"usage": {"input_tokens": INPUT_TOKENS, "output_tokens": 1}}
    yield _event("message_start", message=begun)
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for word in WORDS:
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
    yield _event("content_block_stop", index=0)
    yield _event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": OUTPUT_TOKENS})
    yield _event("message_stop")


def _event(kind: str, **parts: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"type": kind, **parts}


def _message(asked: dict[str, Any], content: list[Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "content": content}


class Handler(BaseHTTPRequestHandler):
    key = ""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if (self.headers["x-api-key"], self.headers["anthropic-version"]) != (self.key, VERSION):
            self._begin(401, "application/json")
            self.wfile.write(b'{"type": "error", "error": {"type": "authentication_error"}}')
        elif asked.get("stream"):
            self._begin(200, "text/event-stream")
            for kind, data in events(asked):
                self.wfile.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode())
        else:
            self._begin(200, "application/json")
            self.wfile.write(json.dumps(whole(asked)).encode())

    def _begin(self, status: int, kind: str) -> None:
        """Without a length: the answer ends with its connection."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: what it says is its answers."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    Handler.key = given.key_file.read_text().strip()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
