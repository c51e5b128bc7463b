"""What calls were asked and answered, as plain, frozen values. The meaning of each is in invocation_service.proto."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from callgate import checks, convert
from callgate.outcomes import Outcome
from callgate.v1 import invocation_service_pb2 as pb


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What one call was asked and answered, as far as its tool's manifest has it kept, until `expires`.

    `arguments` are what its caller gave, but for texts that the tool's schema or their names call secret. They, and `outcome`
    with the whole answer, are None where they are not kept.
    """

    id: str
    tool: str
    tool_digest: str
    agent: str
    subject: str
    run_id: str
    arguments: Mapping[str, Any] | None = field(repr=False, hash=False)
    outcome: Outcome | None
    ended: datetime
    expires: datetime


def erase(tenant: str) -> pb.EraseExchangesRequest:
    """Raises RequestInvalid."""
    return pb.EraseExchangesRequest(tenant=checks.required("tenant", tenant))


def exchange_from(message: pb.Exchange) -> Exchange:
    return Exchange(
        id=message.id,
        tool=message.tool,
        tool_digest=message.tool_digest,
        agent=message.agent,
        subject=message.subject,
        run_id=message.run_id,
        arguments=json.loads(message.arguments_json) if message.HasField("arguments_json") else None,
        outcome=convert.outcome(message.outcome) if message.HasField("outcome") else None,
        ended=convert.moment(message.end_time),
        expires=convert.moment(message.expire_time),
    )
