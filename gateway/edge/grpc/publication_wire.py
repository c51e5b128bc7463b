"""Conversions between messages and what operators publish."""

from callgate.v1 import catalog_service_pb2 as pb
from gateway.edge.grpc.invocation_wire import timestamp
from gateway.model.errors import RequestInvalid
from registry.catalog.publications import Publication, Published

#: Characters of a tenant's or toolset's name.
LONGEST = 200


def publication_from(message: pb.Publication, caller: str) -> Publication:
    """`caller` is the tenant that owns the toolset where the message does not say. Raises RequestInvalid."""
    for field in ("toolset", "tenant"):
        if not getattr(message, field):
            raise RequestInvalid(f"publication.{field} is missing")
    if max(map(len, (message.owner, message.toolset, message.tenant))) > LONGEST or ":" in message.toolset:
        raise RequestInvalid("publication has a name that no tenant or toolset can have")
    return Publication(message.owner or caller, message.toolset, message.tenant)


def place(published: Published) -> str:
    """Where it stands in a list: by owner, toolset and tenant."""
    one = published.publication
    return "\0".join((one.owner, one.toolset, one.tenant))


def status(published: Published) -> pb.PublicationStatus:
    one, act = published.publication, published.act
    return pb.PublicationStatus(
        publication=pb.Publication(owner=one.owner, toolset=one.toolset, tenant=one.tenant),
        agent=act.agent,
        subject=act.subject,
        publish_time=timestamp(act.at),
    )
