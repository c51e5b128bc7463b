"""What gateways note of a person's connection, and what a person does who is not connected."""

from dataclasses import replace
from shlex import quote

from gateway.decisions.connection_facts import ConnectionStanding
from gateway.model.errors import brief
from gateway.model.principal import Caller
from gateway.records.tokens.connections import ApiConnection, Connections
from gateway.records.tokens.protocol import TokenPlace


def cure_of(toolset: str, caller: Caller, per: str) -> str:
    """For a caller that may not connect itself, with the token that may: of the same subject, or of who connects for all."""
    connects = f"Run `callgate connect {toolset}`"
    once = "a person consents once, and the same request may be sent again."
    of_tenant = per == "tenant"
    if caller.rule.may_connect and (not of_tenant or caller.rule.may_import or caller.rule.may_operate):
        return f"{connects}: {once}"
    rights = "--may connect --may operate" if of_tenant else "--may connect"
    subject = "PERSON" if of_tenant else quote(brief(caller.principal.subject))
    tenant = quote(brief(caller.principal.tenant))
    makes = f"`callgate principal add --tenant {tenant} --agent PROGRAM --subject {subject} --tool '*' {rights}`"
    return f"{connects} with a token that may do that, which this one may not; an operator makes one by {makes}: {once}"


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
