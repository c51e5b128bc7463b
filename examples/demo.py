"""The demo: `make demo`. It makes an agent's calls in throwaway containers, on real parts, and leaves nothing behind.

python -m examples.demo [--gateway-image IMAGE]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from callgate import CallgateError, Invocation
from examples.planner import Planner, Unexpected, check, title
from examples.stage import Stage, StageFailed, boxes_left, clean, engine, stage
from gateway.embedded.errors import EmbeddedError

HERE = Path(__file__).parent
METADATA = {
    "openapi": "3.1.0",
    "info": {"title": "Cloud metadata", "version": "1"},
    "servers": [{"url": "http://169.254.169.254"}],
    "paths": {"/latest/meta-data": {"get": {"operationId": "read_metadata", "responses": {"200": {"description": "?"}}}}},
}
READER_POLICY = 'path "secret/data/demo" { capabilities = ["create", "update", "read"] }'


def import_toolsets(ready: Stage) -> None:
    title("The operator imports three OpenAPI documents and binds two secrets that the agent will never see")
    orders = ("--server", ready.shop_address, "--credential", "bearerAuth=secret/data/orders#token")
    print(tail(ready.callgate("toolset", "import", str(HERE / "orders/openapi.yaml"), "--name", "orders", *orders)))
    reader = ("--server", f"{ready.openbao.address}/v1", "--credential", "header:X-Vault-Token=secret/data/demo-reader#token")
    print(tail(ready.callgate("toolset", "import", openbao_document(ready), "--name", "openbao", *reader)))
    print(tail(ready.callgate("toolset", "import", document(ready, "metadata", METADATA), "--name", "metadata")))


def openbao_document(ready: Stage) -> str:
    """Fetch OpenBao's own document, and give the agent's tools a token that may use one secret there."""
    service, reader = ready.openbao, {"policies": ["demo-reader"], "ttl": "1h"}
    service.ask("POST", "sys/policies/acl/demo-reader", {"policy": READER_POLICY})
    service.ask("POST", "secret/data/orders", {"data": {"token": "not for the agent"}})
    token = service.ask("POST", "auth/token/create-orphan", reader)["auth"]["client_token"]
    ready.vault.ask("POST", "secret/data/demo-reader", {"data": {"token": token}})
    return document(ready, "openbao", service.ask("GET", "sys/internal/specs/openapi"))


def document(ready: Stage, name: str, content: object) -> str:
    path = ready.directory / f"{name}.json"
    path.write_text(json.dumps(content))
    return str(path)


def tail(printed: str) -> str:
    return f"  {printed.strip().splitlines()[-1]}"


def play(ready: Stage) -> None:
    """The demo's steps, in order."""
    import_toolsets(ready)
    planner = Planner(ready.client, ready.shop.shop)  # type: ignore[attr-defined]
    planner.look_around()
    planner.use_openbao()
    created = planner.order_once()
    retried = planner.survive_failure()
    planner.try_to_get_out()
    title("What happened in one call")
    print(ready.callgate("show", retried.id))
    settle(ready, created, retried)


def settle(ready: Stage, *invocations: Invocation) -> None:
    """Wait until the gateway has cleaned up after these calls."""
    for invocation in invocations:
        for _ in ready.client.invocations.handle(invocation.id).watch(until_settled=True):
            pass
    seen = {value.split("-")[1] for value in ready.shop.shop.traceparents}  # type: ignore[attr-defined]
    check({one.trace_id for one in invocations} <= seen, "the traces of the calls reached the shop")


def last_lines(boxes: int, tokens: int, orders: int) -> bool:
    title("What is left")
    print(f"boxes left: {boxes}")
    print(f"tokens left: {tokens}")
    print(f"orders upstream: {orders} (expected 1)", flush=True)
    return (boxes, tokens, orders) == (0, 0, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="An agent's calls in throwaway containers, on real parts.")
    parser.add_argument("--gateway-image", help="run the gateway from this Docker image")
    try:
        with engine():
            with stage(parser.parse_args().gateway_image) as ready:
                play(ready)
                tokens, orders = ready.tokens_left(), len(ready.shop.shop.orders)  # type: ignore[attr-defined]
            clean_end = last_lines(boxes_left(), tokens, orders)
    except (Unexpected, StageFailed, CallgateError, EmbeddedError, subprocess.SubprocessError) as failure:
        print(f"\nThe demo failed: {type(failure).__name__}: {failure}\n{getattr(failure, 'cure', '')}", file=sys.stderr)
        return 1
    finally:
        clean()
    return 0 if clean_end else 1


if __name__ == "__main__":
    sys.exit(main())
