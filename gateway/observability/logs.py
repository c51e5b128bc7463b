"""Logs: one JSON object a line on standard error, with the ids of the trace that it belongs to.

Lines are ASCII without control characters, whatever strangers wrote: JSON has an escape for everything else. So are those of
what libraries log.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, WrappedLogger


def set_up_logs() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_trace,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=one_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    of_libraries = logging.StreamHandler(sys.stderr)
    of_libraries.setFormatter(OfLibraries())
    logging.basicConfig(handlers=[of_libraries], level=logging.WARNING)


def one_line(event: Any, **options: Any) -> str:
    """The event as JSON. Of what is not to be printed, json leaves the delete character alone as it is."""
    return json.dumps(event, **options).replace("\x7f", r"\u007f")


class OfLibraries(logging.Formatter):
    """What was logged by the standard library's logging, in the form of the gateway's own lines."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return one_line(told | {"timestamp": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"})


def add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"], event["span_id"] = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    return event
