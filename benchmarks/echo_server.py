"""The least that a gRPC call can cost: an asyncio server that answers with the request. `--port PORT`, on loopback."""

import argparse
import asyncio
from typing import Any

import grpc

METHOD = "/benchmarks.Echo/Echo"


class Echo(grpc.GenericRpcHandler):
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(echo) if handler_call_details.method == METHOD else None


async def echo(request: bytes, _: Any) -> bytes:
    return request


async def serve(port: int) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Echo(),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))
