"""`python -m gateway.edge.mcp.http PLAN`: serve until told to stop, or until the gateway is gone."""

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
import threading

import structlog
import uvloop

from gateway import before_grpc  # noqa: F401 - first, for what it does
from gateway.edge.mcp.http.plan import Plan
from gateway.edge.mcp.http.serving import Serving, application
from gateway.observability import tracing
from gateway.observability.logs import set_up_logs

log = structlog.get_logger(__name__)

#: Seconds after which a thread that reads long arguments gives way to the requests of others.
GIVE_WAY = 0.0005
#: What these say of strangers' requests, each of them could say a thousand times a second.
QUIET = ("uvicorn", "mcp", "sse_starlette")


def secure_context(plan: Plan) -> ssl.SSLContext | None:
    """None in the clear. Raises OSError where the files have nothing that can be served."""
    if plan.certificate is None or plan.key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(plan.certificate, plan.key)
    return context


class Secure:
    """The certificate as it was read last."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._context = secure_context(plan)

    def __call__(self) -> ssl.SSLContext | None:
        return self._context

    def reload(self) -> None:
        """Of a certificate that cannot be read the gateway has said so, and sends no signal."""
        try:
            self._context = secure_context(self._plan)
        except (OSError, ValueError) as error:
            log.error("certificate_refused", error=str(error))  # noqa: TRY400 - no defect


async def serve(plan: Plan) -> None:
    loop, stop, secure = asyncio.get_running_loop(), asyncio.Event(), Secure(plan)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGHUP, secure.reload)
    serving = Serving([socket.socket(fileno=number) for number in plan.listeners], secure)
    async with application(plan, serving) as app:
        serving.begin(app)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()
        await serving.drain()


def end_with_gateway() -> None:
    """The kernel closes the gateway's end of the pipe, whatever it has died of."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    set_up_logs()
    sys.setswitchinterval(GIVE_WAY)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what a terminal sends to the gateway, too, which ends this in its time
    plan = Plan.read(sys.argv[1])
    exported = tracing.set_up(os.environ, tracing.resource_of(f"mcp-{os.getpid()}"))
    threading.Thread(target=end_with_gateway, daemon=True).start()
    try:
        uvloop.run(serve(plan))
    finally:
        exported.shutdown()


if __name__ == "__main__":
    main()
