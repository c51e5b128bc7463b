"""Does the store have the history that the gateways have seen? While it is open, nothing that acts begins."""

from typing import Protocol

from gateway.model.errors import GatewayError
from gateway.operations.doctor import PartFinding
from gateway.records.ledger.protocol import HistoryState

PART = "history"
_LOOK = "Find out what was lost, then `callgate store acknowledge`: until then only calls that change nothing are served."
_START = (
    "Start these gateways again, each with its CALLGATE_STATE_DIR; are they gone for good, find out what was lost, then "
    "`callgate store acknowledge`."
)
_WAIT = "Wait some seconds: a gateway settles it with its next step."


class HistoriesUnderCheck(Protocol):
    """Raises GatewayErrors, with their cures."""

    async def tenants(self) -> list[str]: ...

    async def history(self, tenant: str) -> HistoryState: ...


async def check_histories(ledger: HistoriesUnderCheck) -> list[PartFinding]:
    """Reads, and changes nothing. A finding for each history that is open, or one for all."""
    try:
        states = {tenant: await ledger.history(tenant) for tenant in await ledger.tenants()}
    except GatewayError as error:
        return [PartFinding(PART, False, str(error), error.cure)]
    wrong = [
        PartFinding(PART, False, f"{tenant}: {told(state)}", _cure(state)) for tenant, state in states.items() if state.open
    ]
    return wrong or [PartFinding(PART, True, f"settled, of {len(states)} tenants")]


def told(history: HistoryState) -> str:
    if not history.open:
        return "settled"
    if history.to_be_acknowledged:
        return "open: more is lost than gateways can put back. Look, then `callgate store acknowledge`"
    return f"open: waits for gateways {', '.join(history.awaited)}" if history.awaited else "open: all have shown, it settles"


def _cure(history: HistoryState) -> str:
    if history.to_be_acknowledged:
        return _LOOK
    return _START if history.awaited else _WAIT
