"""The connection to Vault (or OpenBao): bounded in time, never redirected, never with another client's token.

hvac blocks, so each request runs in a thread of ours. Cancelling the caller does not stop the thread, so a request can name
what takes an answer whose caller has gone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import requests
from hvac.adapters import RawAdapter
from hvac.exceptions import VaultError

from gateway.model.errors import VaultUnavailable
from gateway.model.vault_settings import VaultSettings
from gateway.secrets.vault_login import JsonObject, Login
from sandbox.api.host_authorities import host_authorities

_THREADS = 8
_CONNECT = 1.0
_SLACK = 0.4  # seconds that a request may take beyond its read timeout: 1.5 + 0.4 keeps every answer under 2 s

_STANDBY = frozenset({301, 302, 303, 307, 308, 472, 473})
_OUT_OF_SERVICE = {
    412: ("is behind its active node", "Send the request again."),
    429: ("is over its request quota", "Raise the rate quota in Vault, or call less often."),
    500: (
        "fails with status 500",
        "Look into Vault's log: where it cannot write its audit log (a full disk), it does nothing.",
    ),
    501: ("is not initialised", "Initialise Vault (`bao operator init`)."),
    503: ("is sealed or overloaded", "Unseal Vault (`bao operator unseal`) and check it with `callgate doctor`."),
}

_CURE_OF_TRUST = (
    "Name the authority of Vault's certificate (PEM) by CALLGATE_VAULT_CA_FILE, and see that the certificate is for the host "
    "in Vault's address and has not expired."
)

#: What no namespace has.
_OF_THE_ROOT = frozenset({"sys/seal-status", "sys/health", "sys/init", "sys/unseal"})

Unclaimed = Callable[[JsonObject], Awaitable[None]]


class VaultRefused(Exception):
    """Vault understood the request and said no. The caller turns it into an error of its own.

    `errors` is Vault's text, for comparing, not for showing.
    """

    def __init__(self, status: int, errors: tuple[str, ...]) -> None:
        super().__init__(f"Vault refused the request with status {status}")
        self.status = status
        self.errors = errors


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    json: JsonObject | None = field(repr=False)
    wrap_ttl: str | None = None
    correlation: str | None = None

    def headers(self, token: str, namespace: str | None) -> dict[str, str]:
        optional = {"X-Vault-Token": token, "X-Correlation-Id": self.correlation, "X-Vault-Namespace": namespace}
        return {name: value for name, value in optional.items() if value}


class Vault:
    """One identity at one Vault. For one event loop; close it with `aclose`."""

    def __init__(self, settings: VaultSettings, login: Login, *, patience: float = 1.5) -> None:
        """`patience` is how many seconds a request may take once connected."""
        self.settings = settings
        self.address = settings.address.rstrip("/")
        self._login = login
        self._patience = patience
        self._adapter = _adapter(self.address, patience, settings.ca_file)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="vault")
        self._leftovers: set[asyncio.Task[None]] = set()

    async def request(
        self,
        method: str,
        path: str,
        json: JsonObject | None = None,
        *,
        wrap_ttl: str | None = None,
        correlation: str | None = None,
        unclaimed: Unclaimed | None = None,
    ) -> JsonObject:
        """Send one request below `/v1/` and return the JSON object of the answer, `{}` where there is none.

        `correlation` is a header that Vault can audit. `unclaimed` gets the answer where the caller was cancelled, or out of
        time, before it came. Raises VaultRefused for a 4xx, VaultUnavailable for all else that is no answer: by default in 2 s.
        """
        request = _Request(method, path, json, wrap_ttl, correlation)
        try:
            async with asyncio.timeout(self._patience + _SLACK):
                return await self._as_ourselves(request, unclaimed)
        except TimeoutError:
            raise self._late() from None

    async def log_in(self) -> None:
        """Make sure that there is a token to show. Raises VaultUnavailable."""
        try:
            async with asyncio.timeout(self._patience + _SLACK):
                await self._login.ticket(self._post_login)
        except TimeoutError:
            raise self._late() from None

    async def aclose(self) -> None:
        """Wait for what cancelled callers left behind, then close the connections."""
        await asyncio.gather(*self._leftovers, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._adapter.close()

    async def _as_ourselves(self, request: _Request, unclaimed: Unclaimed | None) -> JsonObject:
        ticket = await self._login.ticket(self._post_login)
        try:
            return await self._send(request, ticket.token, unclaimed)
        except VaultRefused as refusal:
            if refusal.status != requests.codes.forbidden:
                raise
            again = await self._login.ticket(self._post_login, refused=ticket)
            if again is ticket:
                raise
        return await self._send(request, again.token, unclaimed)

    async def _post_login(self, path: str, body: JsonObject) -> JsonObject:
        try:
            return await self._send(_Request("POST", path, body), "", None)
        except VaultRefused as refusal:
            raise _login_refused(self.settings, refusal) from None

    async def _send(self, request: _Request, token: str, unclaimed: Unclaimed | None) -> JsonObject:
        job = self._threads.submit(self._exchange, request, token)
        try:
            return await asyncio.shield(asyncio.wrap_future(job))
        except asyncio.CancelledError:
            if unclaimed is not None and not job.cancel():
                self._leave(job, unclaimed)
            raise

    def _late(self) -> VaultUnavailable:
        return VaultUnavailable(f"Vault at {self.address} does not answer in time")

    def _leave(self, job: Future[JsonObject], unclaimed: Unclaimed) -> None:
        task = asyncio.get_running_loop().create_task(_hand_over(job, unclaimed))
        self._leftovers.add(task)
        task.add_done_callback(self._leftovers.discard)

    def _exchange(self, request: _Request, token: str) -> JsonObject:
        # The causes are dropped: the texts of both libraries can hold parts of requests and answers.
        try:
            response = self._adapter.request(
                request.method,
                f"/v1/{request.path}",
                headers=request.headers(token, None if request.path in _OF_THE_ROOT else self.settings.namespace),
                raise_exception=False,
                json=request.json,
                wrap_ttl=request.wrap_ttl,
            )
        except requests.exceptions.SSLError:
            raise self._untrusted("shows a certificate that is not trusted, or speaks no TLS") from None
        except (requests.RequestException, VaultError) as error:
            raise VaultUnavailable(f"Vault at {self.address} does not answer: {type(error).__name__}") from None
        except OSError:
            raise self._untrusted(f"cannot be trusted: the authorities in {self.settings.ca_file} cannot be read") from None
        return self._judge(response)

    def _untrusted(self, what: str) -> VaultUnavailable:
        return VaultUnavailable(f"Vault at {self.address} {what}", cure=_CURE_OF_TRUST)

    def _judge(self, response: requests.Response) -> JsonObject:
        status = response.status_code
        if response.ok and status not in _STANDBY:
            return _json(response) if response.content else {}
        if status in _STANDBY:
            cure = "Give the gateway the address of the active Vault itself."
            raise VaultUnavailable(f"Vault at {self.address} redirects: it is a standby, or not Vault", cure=cure)
        if status in _OUT_OF_SERVICE or response.status_code >= requests.codes.server_error:
            state, cure = _OUT_OF_SERVICE.get(status, (f"fails with status {status}", VaultUnavailable.cure))
            raise VaultUnavailable(f"Vault at {self.address} {state}", cure=cure)
        raise VaultRefused(status, tuple(str(error) for error in _json(response).get("errors") or ()))


def _login_refused(settings: VaultSettings, refusal: VaultRefused) -> VaultUnavailable:
    """Vault says the same of an unknown role, of a wrong secret_id and of one that has ended."""
    told = f"Vault at {settings.address} refuses the gateway's login with status {refusal.status}"
    if any("CIDR" in error or "source address" in error for error in refusal.errors):
        cure = "Prepare Vault again with the gateway's network: `callgate up --vault-bound-cidr`."
        return VaultUnavailable(f"{told}: it comes from an address to which its role is not bound", cure=cure)
    return VaultUnavailable(f"{told}: its secret_id has ended or is wrong", cure=settings.cure_of_login)


def _adapter(address: str, patience: float, ca_file: Path | None) -> RawAdapter:
    session = requests.Session()
    session.trust_env = False  # no proxy, no .netrc, no CA bundle from the environment
    session.verify = str(ca_file) if ca_file else _system_authorities()
    pool = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=_THREADS, max_retries=0)
    session.mount("http://", pool)
    session.mount("https://", pool)
    # Not hvac.Client: without a token it takes one from VAULT_TOKEN or ~/.vault-token. Here each request carries its own.
    return RawAdapter(address, token="", timeout=(_CONNECT, patience), allow_redirects=False, session=session)


def _system_authorities() -> str | bool:
    """This host's own, to which an operator may have added. The library would take those that were packed with it."""
    found = host_authorities()
    return str(found) if found.is_file() else True


def _json(response: requests.Response) -> JsonObject:
    try:
        value = response.json()
    except requests.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise VaultUnavailable(
            "what answers at Vault's address does not speak Vault's API", cure="Check Vault's address."
        ) from None
    return value


async def _hand_over(job: Future[JsonObject], unclaimed: Unclaimed) -> None:
    try:
        answer = await asyncio.wrap_future(job)
    except (VaultUnavailable, VaultRefused):
        return  # nothing came, so there is nothing to take
    await unclaimed(answer)
