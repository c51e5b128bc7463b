"""The shop's operations as FastMCP offers them: no box, and the bearer token in this very process.

python benchmarks/fastmcp_server.py --port PORT --upstream URL --token-file FILE
"""

import argparse
from pathlib import Path

import httpx2
import yaml
from fastmcp import FastMCP

DOCUMENT = Path(__file__).parents[1] / "examples" / "orders" / "openapi.yaml"


def server(upstream: str, token: str) -> FastMCP:
    client = httpx2.AsyncClient(base_url=upstream, headers={"authorization": f"Bearer {token}"})
    return FastMCP.from_openapi(yaml.safe_load(DOCUMENT.read_text()), client=client)


def main() -> None:
    parser = argparse.ArgumentParser(description="The shop of the demo, by FastMCP.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--token-file", type=Path, required=True)
    given = parser.parse_args()
    shop = server(given.upstream, given.token_file.read_text())
    # A log line for each request would count against FastMCP.
    shop.run(transport="http", host="127.0.0.1", port=given.port, log_level="warning", show_banner=False)


if __name__ == "__main__":
    main()
