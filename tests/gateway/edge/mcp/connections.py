"""A fake gateway whose tools wait until a person has connected their API."""
# ruff: noqa: N802 - gRPC names its methods

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from callgate.connections import challenge_of
from callgate.errors import ConnectAgain, RequestInvalid
from callgate.testing import FakeGateway
from callgate.v1 import connection_service_pb2 as pb
from gateway.edge.mcp.consents import CameBack, ConsentMissing

AUTHORIZATION, DEVICE = "https://api.example/authorize", "https://api.example/device"


class Consenting:
    """The gateway's side: `connected` once a person has consented."""

    def __init__(self, ways: frozenset[str]) -> None:
        self.connected = threading.Event()
        self.polls = 0
        self._ways = ways
        self._challenge = ""

    def BeginConnection(self, request: pb.BeginConnectionRequest, _: Any) -> pb.BeginConnectionResponse:
        self._require("browser")
        self._challenge = request.code_challenge
        url = f"{AUTHORIZATION}?redirect_uri={request.redirect_uri}&state={request.state}"
        return pb.BeginConnectionResponse(authorization_url=url)

    def CompleteConnection(self, request: pb.CompleteConnectionRequest, _: Any) -> pb.CompleteConnectionResponse:
        assert challenge_of(request.code_verifier) == self._challenge
        assert request.code == "the code"
        self.connected.set()
        return pb.CompleteConnectionResponse(connection=pb.Connection(toolset=request.toolset))

    def BeginDeviceConnection(self, _: pb.BeginDeviceConnectionRequest, __: Any) -> pb.BeginDeviceConnectionResponse:
        self._require("device")
        return pb.BeginDeviceConnectionResponse(
            flow="flow", user_code="ABCD-1234", verification_uri=DEVICE, expires_in=5, interval=0.01
        )

    def PollDeviceConnection(self, request: pb.PollDeviceConnectionRequest, _: Any) -> pb.PollDeviceConnectionResponse:
        self.polls += 1
        if self.polls < 3:
            return pb.PollDeviceConnectionResponse()
        self.connected.set()
        return pb.PollDeviceConnectionResponse(connection=pb.Connection(toolset=request.toolset))

    def _require(self, way: str) -> None:
        if way not in self._ways:
            raise RequestInvalid("the API has no such page", cure="Take the other way.")


class ConnectedGateway(FakeGateway):
    """With a tool `send_mail` that needs the person's connection."""

    def __init__(self, *ways: str) -> None:
        super().__init__()
        self.consenting = Consenting(frozenset(ways))
        self._further = (self.consenting,)
        self.tool(name="send_mail", toolset="mail")(self._send)

    def _send(self) -> dict[str, bool]:
        if not self.consenting.connected.is_set():
            raise ConnectAgain("anna is not connected to mail", cure="Run `callgate connect mail`.")
        return {"sent": True}


@contextmanager
def gateway_of(*ways: str) -> Iterator[ConnectedGateway]:
    """`ways`: "browser", "device": by which its API lets a person consent."""
    with ConnectedGateway(*ways) as gateway:
        yield gateway


class Browser:
    """Where a person's browser comes back to, in these tests: at once, or never."""

    def __init__(self, *, comes_back: bool = True) -> None:
        self.comes_back = comes_back
        self.closed = 0

    @property
    def uri(self) -> str:
        return "http://127.0.0.1:1/callback/mail"

    async def came_back(self, seconds: float) -> CameBack:
        if not self.comes_back:
            raise ConsentMissing(f"no consent came within {seconds:g} s")
        return CameBack("the code")

    @contextmanager
    def redirects(self, state: str, toolset: str) -> Iterator["Browser"]:
        assert state
        assert toolset == "mail"
        try:
            yield self
        finally:
            self.closed += 1
