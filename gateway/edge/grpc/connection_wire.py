"""The conversions between the messages of connections and their values."""

import re

from callgate.v1 import connection_service_pb2 as pb
from gateway.decisions.connection_facts import DeviceCodes, Pending, Removed
from gateway.edge.grpc.invocation_wire import timestamp
from gateway.model.errors import RequestInvalid
from gateway.pipeline.connecting import Redirect, Wish
from gateway.records.tokens.connections import ApiConnection
from registry.model.clean_text import visible

_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]):[0-9]{1,5}(/[A-Za-z0-9._~/-]{0,200})?")  # RFC 8252 §7.3
_STATE = re.compile(r"[\x21-\x7e]{16,256}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7636 §4.2: a SHA-256
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.1
_CODE = re.compile(r"[\x20-\x7e]{1,8192}")  # RFC 6749, appendix A.11
_SUBJECT = re.compile(r"[^\x00-\x1f\x7f]{0,200}")
_NAME = re.compile(r"[\x20-\x7e]{0,1024}")

_Wishing = (
    pb.BeginConnectionRequest
    | pb.CompleteConnectionRequest
    | pb.BeginDeviceConnectionRequest
    | pb.PollDeviceConnectionRequest
    | pb.DisconnectRequest
)


def wish_from(message: _Wishing) -> Wish:
    if not message.toolset:
        raise RequestInvalid("the toolset is missing")
    return Wish(_fitting(_NAME, message.toolset, "toolset"), _fitting(_NAME, message.credential, "credential"))


def redirect_uri_from(message: pb.BeginConnectionRequest | pb.CompleteConnectionRequest) -> str:
    return _fitting(_LOOPBACK, message.redirect_uri, "redirect_uri")


def state_from(message: pb.BeginConnectionRequest) -> str:
    return _fitting(_STATE, message.state, "state")


def challenge_from(message: pb.BeginConnectionRequest) -> str:
    return _fitting(_CHALLENGE, message.code_challenge, "code_challenge")


def redirect_from(message: pb.CompleteConnectionRequest) -> Redirect:
    code = _fitting(_CODE, message.code, "code")
    verifier, issuer = _fitting(_VERIFIER, message.code_verifier, "code_verifier"), _fitting(_NAME, message.issuer, "issuer")
    return Redirect(code, verifier, redirect_uri_from(message), issuer)


def flow_from(message: pb.PollDeviceConnectionRequest) -> str:
    return _fitting(_NAME, message.flow, "flow")


def subject_from(message: pb.DisconnectRequest) -> str:
    return _fitting(_SUBJECT, message.subject, "subject")


def connection(value: ApiConnection) -> pb.Connection:
    return pb.Connection(
        toolset=value.toolset,
        path=value.path,
        credential=value.credential,
        subject=value.subject,
        since_time=timestamp(value.since),
        until_time=timestamp(value.until) if value.until is not None else None,
        renews=value.renews,
        scopes=value.scopes,
        lapsed=visible(value.lapsed),
        author=value.by,
    )


def codes(value: DeviceCodes) -> pb.BeginDeviceConnectionResponse:
    return pb.BeginDeviceConnectionResponse(
        flow=value.flow,
        user_code=value.user_code,
        verification_uri=value.verification_uri,
        verification_uri_complete=value.verification_uri_complete,
        expires_in=value.expires_in,
        interval=value.interval,
    )


def polled(value: ApiConnection | Pending) -> pb.PollDeviceConnectionResponse:
    if isinstance(value, Pending):
        return pb.PollDeviceConnectionResponse(slow_down=value.slow_down)
    return pb.PollDeviceConnectionResponse(connection=connection(value))


def removed(value: Removed) -> pb.DisconnectResponse:
    return pb.DisconnectResponse(removed=value.removed, revoked=value.revoked, reason=visible(value.reason))


def _fitting(pattern: re.Pattern[str], said: str, name: str) -> str:
    """The value itself is told to no log: it may be a code."""
    if not pattern.fullmatch(said):
        raise RequestInvalid(f"{name} is not as connection_service.proto has it")
    return said
