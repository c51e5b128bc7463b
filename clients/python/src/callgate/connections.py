"""What persons have consented to, as plain, frozen values. The meaning of each is in connection_service.proto."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from callgate import checks, convert
from callgate.v1 import connection_service_pb2 as pb


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiConnection:
    """`subject` is empty where one has connected for the tenant. `until` is None where no end is known; until then, tokens are
    renewed by themselves if `renews`. `lapsed` says why the person must connect again; empty: it need not."""

    toolset: str
    path: str
    credential: str
    subject: str
    since: datetime
    until: datetime | None
    renews: bool
    scopes: tuple[str, ...]
    lapsed: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCodes:
    """The person enters `user_code` at `verification_uri`, or opens `verification_uri_complete`, if there is one. Seconds."""

    flow: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: float
    interval: float


@dataclass(frozen=True, slots=True)
class Polled:
    """`connection` is None while the person has not consented. `slow_down`: ask five seconds less often, for good."""

    connection: ApiConnection | None
    slow_down: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Whether there was anything, and whether the endpoint has revoked it; `reason`: why not, where it was asked."""

    removed: bool
    revoked: bool
    reason: str


def challenge_of(code_verifier: str) -> str:
    """What the authorization server is told of the verifier at first, by S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()


def begin(toolset: str, credential: str, redirect_uri: str, state: str, challenge: str) -> pb.BeginConnectionRequest:
    """Raises RequestInvalid."""
    return pb.BeginConnectionRequest(
        toolset=checks.required("toolset", toolset),
        credential=checks.text("credential", credential),
        redirect_uri=checks.text("redirect_uri", redirect_uri),
        state=checks.text("state", state),
        code_challenge=checks.text("code_challenge", challenge),
    )


def complete(
    toolset: str, credential: str, code: str, verifier: str, redirect_uri: str, *, issuer: str
) -> pb.CompleteConnectionRequest:
    """Raises RequestInvalid."""
    return pb.CompleteConnectionRequest(
        toolset=checks.required("toolset", toolset),
        credential=checks.text("credential", credential),
        code=checks.text("code", code),
        code_verifier=checks.text("code_verifier", verifier),
        redirect_uri=checks.text("redirect_uri", redirect_uri),
        issuer=checks.text("issuer", issuer),
    )


def begin_device(toolset: str, credential: str) -> pb.BeginDeviceConnectionRequest:
    """Raises RequestInvalid."""
    return pb.BeginDeviceConnectionRequest(
        toolset=checks.required("toolset", toolset), credential=checks.text("credential", credential)
    )


def poll_device(toolset: str, credential: str, flow: str) -> pb.PollDeviceConnectionRequest:
    """Raises RequestInvalid."""
    return pb.PollDeviceConnectionRequest(
        toolset=checks.required("toolset", toolset),
        credential=checks.text("credential", credential),
        flow=checks.text("flow", flow),
    )


def page(token: str) -> pb.ListConnectionsRequest:
    return pb.ListConnectionsRequest(page_token=token)


def disconnect(toolset: str, credential: str, subject: str) -> pb.DisconnectRequest:
    """Raises RequestInvalid."""
    return pb.DisconnectRequest(
        toolset=checks.required("toolset", toolset),
        credential=checks.text("credential", credential),
        subject=checks.text("subject", subject),
    )


def connection_from(message: pb.Connection) -> ApiConnection:
    return ApiConnection(
        toolset=message.toolset,
        path=message.path,
        credential=message.credential,
        subject=message.subject,
        since=convert.moment(message.since_time),
        until=convert.moment(message.until_time) if message.HasField("until_time") else None,
        renews=message.renews,
        scopes=tuple(message.scopes),
        lapsed=message.lapsed,
        author=message.author,
    )


def codes_from(message: pb.BeginDeviceConnectionResponse) -> DeviceCodes:
    return DeviceCodes(
        flow=message.flow,
        user_code=message.user_code,
        verification_uri=message.verification_uri,
        verification_uri_complete=message.verification_uri_complete,
        expires_in=message.expires_in,
        interval=message.interval,
    )


def polled_from(message: pb.PollDeviceConnectionResponse) -> Polled:
    made = connection_from(message.connection) if message.HasField("connection") else None
    return Polled(made, message.slow_down)
