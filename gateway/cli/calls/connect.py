"""`callgate connect`: a person consents once that a toolset's API is called in its name.

The program makes state and PKCE verifier, opens the browser, waits for its redirect, and hands over the code: a box redeems it.
No token and no client secret comes here, or to the gateway.
"""

import secrets
import sys
import time
import webbrowser
from typing import Annotated

import typer

from callgate import ApiConnection, Client, DeviceCodes
from callgate.connections import Polled, challenge_of
from callgate.errors import CallgateError, TokenUnavailable
from gateway.cli.calls.connections import told_of
from gateway.cli.calls.loopback import Loopback, RedirectMissing, RedirectRefused
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, USAGE, refusal
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text, tell

#: Seconds that a person has.
PATIENCE = 300.0
#: What an endpoint that is asked too often wants between two polls, beside what it wanted before (RFC 8628 §3.5).
SLOWER = 5.0
_AGAIN = "Run the same command again."


def register(app: typer.Typer) -> None:
    app.command("connect")(connect_toolset)


def connect_toolset(
    toolset: Annotated[str, typer.Argument(help="whose API is to be called in your name", metavar="TOOLSET")],
    *,
    device: Annotated[bool, typer.Option("--device", help="consent on another device, by a code")] = False,
    credential: Annotated[str, typer.Option(help="the path or id of one, where the toolset has several")] = "",
    port: Annotated[int, typer.Option(help="the loopback's port, for a provider that knows one; 0: any", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option(help="open the browser; without it, the URL is printed alone")] = True,
    timeout: Annotated[float, typer.Option(help="seconds that you have to consent", min=1, max=3600)] = PATIENCE,
    form: Output = Form.TABLE,
) -> None:
    """Consent once that a toolset's API is called in your name.

    A browser is led to the API's own page, and comes back to this machine. Your calls go on by what you have consented to until
    you `callgate disconnect`, or the API takes it back.
    """
    with connect() as client:
        if device:
            made = _by_device(client, toolset, credential, timeout)
        else:
            made = _by_browser(client, toolset, credential, port=port, browser=browser, seconds=timeout)
    if not shown_as(form, made):
        show_text(f"Connected to {made.toolset}: {told_of(made)}")


def _by_browser(client: Client, toolset: str, credential: str, *, port: int, browser: bool, seconds: float) -> ApiConnection:
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    try:
        with Loopback(state, toolset, port) as loopback:
            uri = loopback.uri
            url = client.connections.begin(
                toolset, redirect_uri=uri, state=state, code_challenge=challenge_of(verifier), credential=credential
            )
            _lead(url, browser=browser)
            back = loopback.wait(seconds)
    except (RedirectRefused, RedirectMissing) as error:
        raise refusal(error, _AGAIN, code=FAILED) from None
    except OSError as error:
        raise refusal(error, "Name another --port, or none.", code=USAGE) from None
    return client.connections.complete(
        toolset, code=back.code, code_verifier=verifier, redirect_uri=uri, issuer=back.issuer, credential=credential
    )


def _lead(url: str, *, browser: bool) -> None:
    tell("Open this page in a browser on this machine, and consent:")
    tell(url, style="bold")
    if browser and sys.stderr.isatty():
        webbrowser.open(url)


def _by_device(client: Client, toolset: str, credential: str, seconds: float) -> ApiConnection:
    codes = client.connections.begin_device(toolset, credential=credential)
    _tell_codes(codes)
    deadline, interval = time.monotonic() + min(seconds, codes.expires_in), codes.interval
    while time.monotonic() + interval < deadline:
        time.sleep(interval)
        polled = _poll(client, toolset, codes.flow, credential)
        if polled.connection:
            return polled.connection
        interval += SLOWER if polled.slow_down else 0
    raise refusal(RedirectMissing(f"no consent came within {min(seconds, codes.expires_in):g} s"), _AGAIN, code=FAILED)


def _poll(client: Client, toolset: str, flow: str, credential: str) -> Polled:
    """A poll that fails, at the gateway or on the way there, says nothing of the codes: so ask again later."""
    try:
        return client.connections.poll_device(toolset, flow, credential=credential)
    except CallgateError as error:
        if not (error.retryable or isinstance(error, TokenUnavailable)):
            raise
        return Polled(connection=None, slow_down=True)


def _tell_codes(codes: DeviceCodes) -> None:
    tell(f"Open {codes.verification_uri} on any device, and enter this code:")
    tell(codes.user_code, style="bold")
    if codes.verification_uri_complete:
        tell(f"Or open {codes.verification_uri_complete}")
