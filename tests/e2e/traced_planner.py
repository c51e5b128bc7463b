"""A planner with OpenTelemetry set up, as a program: `traced_planner.py CLIENT ADDRESS TOKEN_FILE COLLECTOR ITEM`.

A process of its own, since OpenTelemetry's set-up is global to one. It creates an order, lists the orders, and prints what it
got as JSON.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from callgate import AsyncClient, Client, Invocation


def main(client: str, address: str, token_file: str, collector: str, item: str) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(collector, insecure=True)))
    trace.set_tracer_provider(provider)
    token, order = Path(token_file).read_text(), {"body": {"item": item, "quantity": 1}}
    with trace.get_tracer("planner").start_as_current_span("plan") as span:
        calls = asyncio.run(call_async(address, token, order)) if client == "AsyncClient" else call(address, token, order)
        invocations = [{"trace": one.trace_id, "body": one.json()} for one in calls]
        print(json.dumps({"trace": f"{span.get_span_context().trace_id:032x}", "invocations": invocations}))
    provider.shutdown()


def call(address: str, token: str, order: Mapping[str, object]) -> list[Invocation]:
    with Client(address, token=token) as client:
        return [client.call("create_order", order), client.call("list_orders", {})]


async def call_async(address: str, token: str, order: Mapping[str, object]) -> list[Invocation]:
    async with AsyncClient(address, token=token) as client:
        return [await client.call("create_order", order), await client.call("list_orders", {})]


if __name__ == "__main__":
    main(*sys.argv[1:])
