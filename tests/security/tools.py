"""The tests' container tool: what it is told to do, and in which box."""

import json
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from sandbox.api.job import ProgramJob
from sandbox.api.result import Completed, Result
from sandbox.api.spec import BoxLimits

#: What the tests' tool is told, as JSON.
Order = Mapping[str, object]

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
TOOL_LIMITS = BoxLimits(memory=96 * 2**20, processes=40, open_files=256, scratch=2**20)


def tool_job(order: Order, *, command: tuple[str, ...] = ("/bin/tool",), **changes: Any) -> ProgramJob:
    """What the tool is told to do; `changes` are other fields of the job."""
    return replace(ProgramJob(command, json.dumps(order).encode(), timeout=20.0, result_bytes=100_000), **changes)


def output(result: Result) -> Any:
    """What a program wrote that ended well."""
    assert isinstance(result, Completed), result
    assert result.exit == 0, result
    return json.loads(result.output)


def fetch(url: str, **order: object) -> ProgramJob:
    """One HTTP request, by way of the proxy that the program finds."""
    return tool_job({"do": "fetch", "url": url, **order}, way_out=True)
