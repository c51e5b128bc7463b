"""The stacks of tests/e2e, and proxies before their gateways."""

from tests.e2e.conftest import collector, house, new_house, open_house, upstream
from tests.proxies import proxies

__all__ = ["collector", "house", "new_house", "open_house", "proxies", "upstream"]
