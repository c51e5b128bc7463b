"""The pipeline over its fakes, with real upstreams on loopback, and servers on real ports."""

from tests.gateway.edge.grpc.conftest import serve
from tests.gateway.pipeline.conftest import open_desk, shop
from tests.security.conftest import attacking

__all__ = ["attacking", "open_desk", "serve", "shop"]
