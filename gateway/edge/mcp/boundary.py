"""Where a request's failure becomes a JSON-RPC error: what is told of it, and what is not."""

from typing import Any
from uuid import uuid4

import structlog
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND
from pydantic import ValidationError

from callgate.errors import CallgateError
from gateway.edge.mcp.asked import RequestWrong

log = structlog.get_logger(__name__)


async def boundary(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """A middleware of the MCP SDK. What a defect says of itself is for the log alone."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except RequestWrong as refusal:
        raise MCPError(METHOD_NOT_FOUND if refusal.is_method else INVALID_PARAMS, str(refusal)) from None
    except CallgateError as error:
        facts = {"reason": error.reason, "cure": error.cure, "retryable": error.retryable}
        raise MCPError(INTERNAL_ERROR, error.message, facts) from None
    except Exception:
        error_id = uuid4().hex
        log.exception("mcp_request_failed", error_id=error_id)
        raise MCPError(INTERNAL_ERROR, f"A defect of the door; its log has more of it, by the id {error_id}.") from None
