"""The pipeline over its fakes, with real upstreams on loopback, servers on real ports, and whole stacks."""

from tests.e2e.conftest import collector, house, open_house
from tests.gateway.edge.grpc.conftest import serve
from tests.gateway.pipeline.conftest import open_desk, shop

__all__ = ["collector", "house", "open_desk", "open_house", "serve", "shop"]
