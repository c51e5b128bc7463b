"""The gateways' hosts, for operators, as plain, frozen values. The meaning of each is in host_service.proto."""

from dataclasses import dataclass
from datetime import datetime

from callgate import checks, convert
from callgate.v1 import host_service_pb2 as pb


@dataclass(frozen=True, slots=True)
class LostHost:
    """By whom, why and when a host was declared lost."""

    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A container engine, with the gateways on it that live. `seen`: the last sign of life of any.

    `boxes` are those there that are not confirmed gone; `waiting` counts the calls that wait for one of these to be.
    """

    id: str
    name: str
    engine: str
    gateways: tuple[str, ...]
    seen: datetime
    boxes: int
    waiting: int
    lost: LostHost | None


def page(token: str) -> pb.ListHostsRequest:
    return pb.ListHostsRequest(page_token=token)


def declare_lost(host_id: str, reason: str) -> pb.DeclareHostLostRequest:
    """Raises RequestInvalid."""
    return pb.DeclareHostLostRequest(id=checks.required("host's id", host_id), reason=checks.text("reason", reason))


def host_from(message: pb.Host) -> Host:
    said = LostHost(message.lost_author, message.lost_reason, convert.moment(message.lost_time))
    return Host(
        id=message.id,
        name=message.name,
        engine=message.engine,
        gateways=tuple(message.gateways),
        seen=convert.moment(message.last_seen_time),
        boxes=message.boxes,
        waiting=message.waiting,
        lost=said if message.HasField("lost_time") else None,
    )
