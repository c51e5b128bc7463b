"""Wrong tokens, as fast as 32 callers can send them."""

import secrets
from typing import Any

from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.target import Target
from callgate.channel import connect_aio
from callgate.endpoint import Endpoint
from callgate.keys import new_key
from callgate.messages import invoke
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub


async def attack(target: Target, seconds: float) -> int:
    async with connect_aio(Endpoint(target.gateway)) as channel:
        stub: Any = InvocationServiceStub(channel)
        return await repeat(seconds, 32, lambda _: _log_in(stub))


async def _log_in(stub: Any) -> None:
    request = invoke("ordinary", {}, key=new_key(), run_id=None, timeout=None)
    await stub.Invoke(request, metadata=(("authorization", f"Bearer {secrets.token_urlsafe(24)}"),), timeout=10.0)
