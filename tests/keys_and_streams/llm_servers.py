"""Scripted servers of the shapes of OpenAI's and Anthropic's APIs: each says the same words, whole or in events."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from examples.chat import server

WORDS, INPUT, OUTPUT = server.WORDS, server.INPUT_TOKENS, server.OUTPUT_TOKENS
KEY = "sk-scripted-0123456789"

#: An event's type, empty for none, and its data.
Events = Iterator[tuple[str, Any]]


class LlmServer(ThreadingHTTPServer):
    """`pace`: each event after the first two waits for a turn of it."""

    daemon_threads = True
    path: str

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[dict[str, Any]] = []
        self.pace: threading.Semaphore | None = None
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def objection(self, headers: Any) -> str:
        raise NotImplementedError

    def whole(self, asked: dict[str, Any]) -> Any:
        raise NotImplementedError

    def events(self, asked: dict[str, Any]) -> Events:
        raise NotImplementedError


class OpenAiShaped(LlmServer):
    path = "/chat/completions"

    def objection(self, headers: Any) -> str:
        return "" if headers["Authorization"] == f"Bearer {KEY}" else "Incorrect API key provided"

    def whole(self, asked: dict[str, Any]) -> Any:
        message = {"role": "assistant", "content": "".join(WORDS), "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return self._chunk("chat.completion", [choice], asked) | {"usage": self._usage()}

    def events(self, asked: dict[str, Any]) -> Events:
        for word in WORDS:
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": None, "logprobs": None}
            yield "", self._chunk("chat.completion.chunk", [choice], asked) | {"usage": None}
        if asked.get("stream_options", {}).get("include_usage"):
            yield "", self._chunk("chat.completion.chunk", [], asked) | {"usage": self._usage()}
        yield "", "[DONE]"

    def _chunk(self, kind: str, choices: list[Any], asked: dict[str, Any]) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": asked["model"], "choices": choices}

    def _usage(self) -> Any:
        return {"prompt_tokens": INPUT, "completion_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT}


class AnthropicShaped(LlmServer):
    path = "/v1/messages"

    def objection(self, headers: Any) -> str:
        if headers["anthropic-version"] != server.VERSION:
            return "anthropic-version: header is required"
        return "" if headers["x-api-key"] == KEY else "invalid x-api-key"

    def whole(self, asked: dict[str, Any]) -> Any:
        return server.whole(asked)

    def events(self, asked: dict[str, Any]) -> Events:
        yield from server.events(asked)


class _Handler(BaseHTTPRequestHandler):
    server: LlmServer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        if self.path != self.server.path:
            self._answer(404, {"error": {"message": f"no {self.path}"}})
        elif objection := self.server.objection(self.headers):
            self._answer(401, {"error": {"message": objection}})
        elif asked.get("stream"):
            self._stream(self.server.events(asked))
        else:
            self._answer(200, self.server.whole(asked))

    def _answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: Events) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        for number, (kind, value) in enumerate(events):
            if self.server.pace is not None and number > 1:
                self.server.pace.acquire(timeout=30)
            data = value if isinstance(value, str) else json.dumps(value)
            self.wfile.write((f"event: {kind}\n" if kind else "").encode() + f"data: {data}\n\n".encode())

    def log_message(self, *_: Any) -> None:
        """Nothing: what was asked is in `asked`."""
