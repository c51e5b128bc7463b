"""An HTTP proxy of the operator's, asked for a tunnel (RFC 9110 §9.3.6). What it answers is a stranger's word: bounded, not
repeated, and never taken for the upstream's.

No byte of a box's has left before the proxy has opened the tunnel: whatever goes wrong here, nothing was sent.
"""

import asyncio
import base64
import re
from dataclasses import dataclass
from http import HTTPStatus

from sandbox.api.job import Proxy
from sandbox.egress.addresses import Address
from sandbox.egress.tunnel import Stream

#: Bytes of an answer's head, and answers before the real one (1xx).
LONGEST_HEAD = 16 * 1024
_MOST_INTERIMS = 4

_BEGIN = b"HTTP/1."
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r]")
_LOGINS = re.compile(rb"(?i)\nproxy-authenticate:[ \t]*([a-z][a-z0-9-]{0,30})")

#: Of an answer by which no tunnel was opened, whatever its status is: what follows would be taken for the upstream's words.
_PAGE = re.compile(rb"(?i)\n(?:content-length:[ \t]*0*[1-9]|transfer-encoding:)")

#: Kinds of login that are told.
_MOST_LOGINS = 4

_OF_SETTING = "see CALLGATE_PROXY"
_CURES: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "let it permit this host and port, or except the host by CALLGATE_NO_PROXY",
    HTTPStatus.METHOD_NOT_ALLOWED: "let it permit CONNECT to this port, or except the host by CALLGATE_NO_PROXY",
}
_CURE_OF_WAY = "look into the proxy's log: it may not know the name, or not reach the host"


class ProxyRefused(Exception):
    """The proxy opened no tunnel. The message names the proxy, and the cure."""


@dataclass(frozen=True, slots=True)
class ProxyAnswer:
    """`logins` are the kinds of login that it wants one of, in lower case."""

    status: int
    logins: tuple[str, ...] = ()

    @property
    def opened(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


async def ask_for_tunnel(stream: Stream, proxy: Proxy, host: str | Address, port: int) -> None:
    """Have the proxy open a way to host and port: then the stream is the upstream's. Raises ProxyRefused."""
    answer = await answer_of(stream, proxy, host, port)
    if not answer.opened:
        raise ProxyRefused(_why(proxy, _authority(host, port), answer))


async def answer_of(stream: Stream, proxy: Proxy, host: str | Address, port: int) -> ProxyAnswer:
    """What the proxy says to that. Raises ProxyRefused where it says nothing that a proxy would."""
    reader, writer = stream
    writer.write(_request(proxy, _authority(host, port)))
    try:
        await writer.drain()
        head = await _final_head(reader)
    except (OSError, asyncio.IncompleteReadError):
        raise ProxyRefused(f"{_named(proxy)} hung up without an answer to CONNECT: {_OF_SETTING}") from None
    except _NotHttp as problem:
        raise ProxyRefused(f"what answers at {_named(proxy, '')} is no HTTP proxy: {problem}: {_OF_SETTING}") from None
    if HTTPStatus.OK <= _status(head) < HTTPStatus.MULTIPLE_CHOICES and _PAGE.search(head):
        raise ProxyRefused(
            f"what answers at {_named(proxy, '')} is no HTTP proxy: it answers CONNECT with a page: {_OF_SETTING}"
        )
    offered = sorted({kind.decode().lower() for kind in _LOGINS.findall(head)})
    return ProxyAnswer(_status(head), tuple(offered[:_MOST_LOGINS]))


class _NotHttp(Exception):
    """What came is no answer of a proxy. The message says in which way."""


def _request(proxy: Proxy, authority: str) -> bytes:
    login = base64.b64encode(proxy.login.encode()).decode()
    shown = f"Proxy-Authorization: Basic {login}\r\n" if proxy.login else ""
    return f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: callgate\r\n{shown}\r\n".encode()


def _authority(host: str | Address, port: int) -> str:
    return f"[{host}]:{port}" if not isinstance(host, str) and host.version == 6 else f"{host}:{port}"  # noqa: PLR2004


async def _final_head(reader: asyncio.StreamReader) -> bytes:
    """The head of the final answer. Raises _NotHttp, IncompleteReadError."""
    for _ in range(_MOST_INTERIMS):
        begin = await reader.readexactly(len(_BEGIN))
        if begin != _BEGIN:  # not to be waited for any longer: a web page may have no end that looks like a head's
            raise _NotHttp("it does not begin with HTTP")
        try:
            head = begin + await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise _NotHttp("its head is too long") from None
        if len(head) > LONGEST_HEAD or not _STATUS.match(head):
            raise _NotHttp("its head is too long, or malformed")
        if _status(head) >= HTTPStatus.OK:
            return head
    raise _NotHttp("it does not come to a final answer")


def _status(head: bytes) -> int:
    status = _STATUS.match(head)
    return int(status[1]) if status else 0


def _why(proxy: Proxy, authority: str, answer: ProxyAnswer) -> str:
    if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return of_login(proxy, answer)
    if answer.status < HTTPStatus.BAD_REQUEST:
        portal = f"status {answer.status}, as a portal does where people log in"
        return f"{_named(proxy)} answers CONNECT with {portal}: {_OF_SETTING}"
    cure = _CURES.get(answer.status, _CURE_OF_WAY)
    return f"{_named(proxy)} opens no way to {authority} (status {answer.status}): {cure}"


def of_login(proxy: Proxy, answer: ProxyAnswer) -> str:
    """What is wrong with the login, and the cure."""
    if answer.logins and "basic" not in answer.logins:
        return (
            f"{_named(proxy)} wants a login by {', '.join(answer.logins)} (status 407), and the gateway knows Basic alone: let "
            "it take Basic from this host, or name another one by CALLGATE_PROXY"
        )
    if proxy.login:
        return f"{_named(proxy)} does not take the login (status 407): correct it in the file of CALLGATE_PROXY_LOGIN_FILE"
    return f"{_named(proxy)} wants a login (status 407): write it into a file, and name that by CALLGATE_PROXY_LOGIN_FILE"


def _named(proxy: Proxy, what: str = "the proxy ") -> str:
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    return f"{what}{host}:{proxy.port}"
