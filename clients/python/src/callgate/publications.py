"""Toolsets that an operator publishes from one tenant to another. The meaning of each field is in catalog_service.proto."""

from dataclasses import dataclass
from datetime import datetime

from callgate import checks, convert
from callgate.v1 import catalog_service_pb2 as pb


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The callers of `tenant` see and call the tools of a toolset that `owner` has imported. `agent` and `subject` said so."""

    owner: str
    toolset: str
    tenant: str
    agent: str
    subject: str
    at: datetime


def set_publication(toolset: str, tenant: str, owner: str, withdrawn: bool) -> pb.SetPublicationRequest:
    """Raises RequestInvalid."""
    publication = pb.Publication(
        owner=checks.text("owner", owner),
        toolset=checks.required("toolset", toolset),
        tenant=checks.required("tenant", tenant),
    )
    return pb.SetPublicationRequest(publication=publication, withdrawn=withdrawn)


def page(token: str) -> pb.ListPublicationsRequest:
    return pb.ListPublicationsRequest(page_token=token)


def publication_from(message: pb.PublicationStatus) -> Publication:
    said = message.publication
    return Publication(
        owner=said.owner,
        toolset=said.toolset,
        tenant=said.tenant,
        agent=message.agent,
        subject=message.subject,
        at=convert.moment(message.publish_time),
    )
