"""What stands between a gateway and upstreams: the operator's own authorities, and HTTP proxies. Is each as it must be?"""

import asyncio
import ssl
from http import HTTPStatus
from pathlib import Path

from gateway.model.config import Config, ConfigInvalid
from gateway.operations.doctor import PartFinding
from gateway.secrets.proxies import Proxies
from gateway.secrets.trusted_authorities import certificates
from sandbox.api.job import Proxy
from sandbox.egress.http_proxy import ProxyAnswer, ProxyRefused, answer_of, of_login

#: A name that no resolver knows (RFC 6761 §6.4): to open a way there is asked for, and what matters is who answers.
_NOWHERE = "callgate-doctor.invalid"
_PORT = 443
_PATIENCE = 5.0  # seconds
_CURE = "Correct CALLGATE_PROXY, or start the proxy. Calls of upstreams behind it end as UPSTREAM_UNREACHABLE meanwhile."
_CURE_OF_LOGIN = "Write `host:port user:password` into the file that CALLGATE_PROXY_LOGIN_FILE names; only Basic is known."


def check_authorities(file: Path | None, now: float) -> list[PartFinding]:
    """Nothing where an operator names none. `now`: seconds since the epoch."""
    if file is None:
        return []
    cure = "Let CALLGATE_CA_FILE name a PEM file with the authorities of your upstreams. The last good one counts meanwhile."
    try:
        text = certificates(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        return [PartFinding("authorities", False, f"{file} cannot be used: {why}", cure)]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=text)
    known = context.get_ca_certs()
    ended = [one for one in known if ssl.cert_time_to_seconds(str(one["notAfter"])) < now]
    detail = f"{file}: {len(known)} beside the system's own" + (f", of which {len(ended)} have ended" if ended else "")
    renew = "Replace those that have ended: no upstream is believed by them."
    return [PartFinding("authorities", bool(known), detail, renew if known else cure, warns=bool(ended))]


async def check_proxies(config: Config) -> list[PartFinding]:
    """One for each proxy: it is asked for a way to nowhere, with the login that the gateway would show."""
    try:
        proxies = Proxies(config.proxies, config.proxy_login_file).all()
    except ConfigInvalid as error:
        return [PartFinding("proxy", False, str(error), error.cure)]
    return [await _check_proxy(proxy) for proxy in proxies]


async def _check_proxy(proxy: Proxy) -> PartFinding:
    place = f"{proxy.host}:{proxy.port}"
    try:
        async with asyncio.timeout(_PATIENCE):
            answer = await _asked(proxy)
    except TimeoutError:
        return PartFinding("proxy", False, f"{place} does not answer in time", _CURE)
    except OSError as error:
        return PartFinding("proxy", False, f"{place} cannot be reached: {error.strerror or error}", _CURE)
    except ProxyRefused as refused:
        return PartFinding("proxy", False, str(refused), _CURE)
    if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return PartFinding("proxy", False, of_login(proxy, answer), _CURE_OF_LOGIN)
    return PartFinding("proxy", True, f"{place} answers{', and takes the login' if proxy.login else ''}")


async def _asked(proxy: Proxy) -> ProxyAnswer:
    stream = await asyncio.open_connection(proxy.host, proxy.port)
    try:
        return await answer_of(stream, proxy, _NOWHERE, _PORT)
    finally:
        stream[1].transport.abort()
