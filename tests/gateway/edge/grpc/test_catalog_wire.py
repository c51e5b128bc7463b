"""What the edge tells the catalog of an import."""

import pytest

from callgate.v1 import catalog_service_pb2 as pb
from gateway.edge.grpc.catalog_wire import how_from
from registry.manifest.toolset import Compiled, CredentialSource, ToolsetHeader

SECRET = CredentialSource("user", "secret/data/shop", "token")


def _beside(header: ToolsetHeader) -> str:
    return how_from(pb.ImportHeader(), header, Compiled((), ()), b"{}", guarded=True).beside


@pytest.mark.parametrize(
    "other",
    [
        ToolsetHeader("shop"),
        ToolsetHeader("shop", credentials=(SECRET, CredentialSource("admin", "secret/data/shop", "admin"))),
        ToolsetHeader("shop", credentials=(SECRET,), require_approval=("refund*",)),
    ],
)
def test_an_import_tells_apart_what_the_operator_says_of_guards_beside_the_operations(other: ToolsetHeader) -> None:
    same = _beside(ToolsetHeader("shop", credentials=(SECRET,)))
    assert _beside(ToolsetHeader("shop", credentials=(SECRET,), server="https://shop.example")) == same
    assert _beside(other) != same
