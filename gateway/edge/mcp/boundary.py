"""Where a request's failure becomes a JSON-RPC error: what is told of it, and what is not."""

from typing import Any

import structlog
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND
from pydantic import ValidationError

from callgate.errors import CallgateError
from gateway.edge.mcp.asked import Refusal

_log = structlog.get_logger(__name__)


async def boundary(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """A middleware of the MCP SDK. A defect is told by its kind in the log alone: its text may have a secret in it."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except Refusal as refusal:
        raise MCPError(METHOD_NOT_FOUND if refusal.is_method else INVALID_PARAMS, str(refusal)) from None
    except CallgateError as error:
        facts = {"reason": error.reason, "cure": error.cure, "retryable": error.retryable}
        raise MCPError(INTERNAL_ERROR, error.message, facts) from None
    except Exception as defect:  # noqa: BLE001 - the boundary
        _log.error("mcp_request_failed", method=ctx.method[:100], kind=type(defect).__name__)
        raise MCPError(INTERNAL_ERROR, "A defect of the door: its log says more.") from None
