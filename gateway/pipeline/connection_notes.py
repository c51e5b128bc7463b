"""What gateways note of a person's connection, and what a person does who is not connected."""

from dataclasses import replace

from gateway.decisions.connection_facts import ConnectionStanding
from gateway.records.tokens.connections import ApiConnection, Connections
from gateway.records.tokens.protocol import TokenPlace


def cure_of(toolset: str) -> str:
    return f"Run `callgate connect {toolset}`: a person consents once, and the same request may be sent again."


async def lapse(connections: Connections, place: TokenPlace, reason: str) -> None:
    """Note that the person must connect again. Raises StoreUnavailable."""
    if known := await connections.find(place.tenant, place.id):
        await connections.keep(replace(known, lapsed=reason))


def renewed(known: ApiConnection, standing: ConnectionStanding) -> ApiConnection:
    """With what a box has just seen of it."""
    return replace(
        known,
        since=standing.since or known.since,
        until=standing.ends if standing.renews else standing.expires,
        renews=standing.renews,
        lapsed="",
    )
