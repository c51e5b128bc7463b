"""Several addresses behind TLS: each is asked under its own name, and one that is not who it should be is passed over."""

from contextlib import AsyncExitStack

import grpc
import pytest

from callgate import AsyncClient, RetryPolicy
from callgate.errors import GatewayUnavailable
from callgate.v1.catalog_service_pb2 import GetToolResponse
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceServicer, add_CatalogServiceServicer_to_server
from callgate.v1.tool_pb2 import Tool
from tests.conftest import Authority


class Named(CatalogServiceServicer):
    """A catalog whose every tool bears the gateway's name."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def GetTool(self, *_: object) -> GetToolResponse:  # noqa: N802 - gRPC names a servicer's methods
        return GetToolResponse(tool=Tool(name=self._name, input_schema_json=b"{}", effect="EFFECT_READ"))


async def listen(stack: AsyncExitStack, name: str, authority: Authority) -> int:
    """The port of a gateway that has this certificate."""
    server = grpc.aio.server()
    add_CatalogServiceServicer_to_server(Named(name), server)
    files = [authority.directory / f"{name}.key", authority.directory / f"{name}.pem"]
    key, certificate = (file.read_bytes() for file in files)
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
    await server.start()
    stack.push_async_callback(server.stop, None)
    return int(port)


async def test_a_gateway_with_the_wrong_name_is_passed_over(authority: Authority) -> None:
    async with AsyncExitStack() as stack:
        wrong, good = await listen(stack, "of_another_host", authority), await listen(stack, "good", authority)
        addresses = f"127.0.0.1:{wrong},127.0.0.1:{good}"
        client = await stack.enter_async_context(
            AsyncClient(addresses, root_certificates=authority.bundle, retry=RetryPolicy(patience=0))
        )
        assert (await client.tools.get("t")).name == "good"


async def test_each_address_is_held_to_its_own_name(authority: Authority) -> None:
    """The good certificate is for 127.0.0.1: the same server is refused by the name of localhost."""
    async with AsyncExitStack() as stack:
        port = await listen(stack, "good", authority)
        hasty = RetryPolicy(patience=0)
        named = AsyncClient(f"localhost:{port}", root_certificates=authority.bundle, retry=hasty)
        with pytest.raises(GatewayUnavailable, match="Verification") as caught:
            await (await stack.enter_async_context(named)).tools.get("t")
        assert "CALLGATE_ROOT_CERTIFICATES" in caught.value.cure
        both = AsyncClient(f"localhost:{port},127.0.0.1:{port}", root_certificates=authority.bundle, retry=hasty)
        assert (await (await stack.enter_async_context(both)).tools.get("t")).name == "good"
