"""Whole gateways on one real Redis, whose boxes are a fake pool's, with callers of their own in a principals file."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from benchmarks.faults.process_gateway import in_process
from gateway.assembly import Gateway, gateway
from gateway.edge.grpc.server import FILES
from gateway.model.config import Config
from gateway.model.principal import Principal, Rule
from tests.gateway.pipeline.upstreams import LOOPBACK

#: Every RPC that there is: path → descriptor.
METHODS: dict[str, MethodDescriptor] = {
    f"/{service.full_name}/{method.name}": method
    for file in FILES
    for service in file.services_by_name.values()
    for method in service.methods
}


@dataclass
class Place:
    """Where gateways are: their Redis, and a directory with their principals file."""

    redis_url: str
    directory: Path
    free_port: Callable[[], int]
    callers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def principals(self) -> Path:
        return self.directory / "principals.json"

    def let_in(self, token: str, principal: Principal, rule: Rule, **said: object) -> None:
        """Write the token into the file, as an operator's editor does: in another file, which takes its place."""
        self.callers[sha256(token.encode()).hexdigest()] = {**asdict(principal), **asdict(rule), **said}
        self.write(json.dumps(self.callers))

    def write(self, text: str) -> None:
        beside = self.directory / "principals.new"
        beside.write_text(text)
        beside.replace(self.principals)

    def config(self, **said: Any) -> Config:
        nowhere = self.directory / "nowhere"
        return Config(
            principals_file=self.principals,
            vault_role_id_file=nowhere,
            vault_secret_id_file=nowhere,
            vault_address="https://127.0.0.1:1",
            redis_url=self.redis_url,
            listen=f"127.0.0.1:{self.free_port()}",
            private_networks=LOOPBACK,
            drain_seconds=2.0,
            artifacts_store=str(self.directory / "artifacts"),
            **said,
        )

    @asynccontextmanager
    async def gateway(self, **said: Any) -> AsyncIterator["Served"]:
        """`said`: of its settings."""
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(gateway(self.config(**said), {}, open_pool=in_process))
            await parts.server.start()
            stack.push_async_callback(parts.server.stop)
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(parts.server.config.listen))
            yield Served(parts, channel)


@dataclass(frozen=True)
class Served:
    """A gateway that listens, and a channel to it."""

    parts: Gateway
    channel: grpc.aio.Channel

    @property
    def address(self) -> str:
        return self.parts.server.config.listen

    async def ask(self, path: str, request: Message | list[Message], token: str | None) -> grpc.StatusCode:
        """How the RPC ends, once its stream is read to its end."""
        return await asyncio.to_thread(_status_of, self.address, path, request, token)


def metadata_of(token: str | None) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),) if token is not None else ()


def _status_of(address: str, path: str, request: Message | list[Message], token: str | None) -> grpc.StatusCode:
    """By the blocking client: that of asyncio tells INTERNAL where it still sends what was refused already."""
    method, options = METHODS[path], [("grpc.enable_http_proxy", 0)]
    kind = f"{_half(method.client_streaming)}_{_half(method.server_streaming)}"
    sent = iter(request if isinstance(request, list) else [request]) if method.client_streaming else request
    with grpc.insecure_channel(address, options) as channel:
        ask = getattr(channel, kind)(
            path,
            request_serializer=GetMessageClass(method.input_type).SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        try:
            answer = ask(sent, metadata=metadata_of(token), timeout=20)
            if method.server_streaming:
                list(answer)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code
    return grpc.StatusCode.OK


def _half(streaming: bool) -> str:
    return "stream" if streaming else "unary"
