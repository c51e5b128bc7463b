"""FastMCP's tools of the same documents, for `specs`, measured by the same definition."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
import yaml
from fastmcp import FastMCP

from benchmarks.usable import Usability

SERVER = "https://api.example.com"


@dataclass(slots=True)
class Found:
    usable: int = 0
    reasons: list[tuple[str, str]] = field(default_factory=list)


def usable(raw: bytes) -> Found:
    """How many of its tools are usable. Raises what FastMCP raises on a document that it does not read."""
    logging.disable(logging.CRITICAL)
    document = _read(raw)
    server = FastMCP.from_openapi(document, client=httpx2.AsyncClient(base_url=SERVER))
    found, usability = Found(), Usability(1)
    for tool in asyncio.run(server.list_tools()):
        reason = _reason(tool, usability)
        if reason:
            found.reasons.append((reason, tool.name))
        else:
            found.usable += 1
    return found


def _read(raw: bytes) -> Any:
    # As a caller of FastMCP reads a document: FastMCP takes a dict.
    text = raw.lstrip()
    return orjson.loads(text) if text.startswith(b"{") else yaml.load(raw, yaml.CSafeLoader)


def _reason(tool: Any, usability: Usability) -> str:
    samples, reason = usability.samples(tool.name, tool.parameters, None)
    for arguments in samples:
        try:
            tool._director.build(tool._route, arguments, SERVER)
        except Exception as error:  # noqa: BLE001 - any exception means that there is no request
            return f"{type(error).__name__}: {error}"
    return reason
