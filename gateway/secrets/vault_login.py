"""How a client proves to Vault who it is: a fixed token, or AppRole."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gateway.secrets.secret_id import SecretId, read_login_file

JsonObject = dict[str, Any]
Post = Callable[[str, JsonObject], Awaitable[JsonObject]]

_FRESH = 2 / 3  # of a token's lifetime: what starts before that ends before the token does
_RELOGIN_PAUSE = 5.0  # seconds; a policy that forbids a path must not turn every call into two and a login


@dataclass(frozen=True, slots=True)
class LoginToken:
    """A token, and until when to use it (seconds, `time.monotonic`)."""

    token: str = field(repr=False)
    fresh_until: float = math.inf


class Login(Protocol):
    async def ticket(self, post: Post, refused: LoginToken | None = None) -> LoginToken:
        """The token to show. `refused` is one that Vault has just turned down; the same one again means: there is no better.

        `post` sends a body to a path without any token. Raises VaultUnavailable.
        """
        ...


class FixedToken:
    """A fixed token: the operator's. With the empty one, only what Vault tells without authentication can be asked."""

    def __init__(self, token: str) -> None:
        self._ticket = LoginToken(token)

    async def ticket(self, post: Post, refused: LoginToken | None = None) -> LoginToken:
        return self._ticket


class AppRole:
    """The gateway's identity. Both files are read at each login, so what an operator writes there needs no restart.

    `path` is where it logs in. `secret_id` is the file, or that file with what has been renewed since.
    """

    def __init__(self, role_id_file: Path, secret_id: Path | SecretId, *, path: str = "auth/approle/login") -> None:
        self._role_id_file = role_id_file
        self._secret_id = secret_id if isinstance(secret_id, SecretId) else SecretId(secret_id)
        self._path = path
        self._lock = asyncio.Lock()
        self._ticket: LoginToken | None = None
        self._relogin_at = 0.0

    async def ticket(self, post: Post, refused: LoginToken | None = None) -> LoginToken:
        async with self._lock:
            if self._ticket is None or not self._usable(self._ticket, refused):
                self._ticket = await self._log_in(post)
            return self._ticket

    def _usable(self, ticket: LoginToken, refused: LoginToken | None) -> bool:
        now = time.monotonic()
        if ticket is not refused:
            return now < ticket.fresh_until
        if now < self._relogin_at:
            return True
        self._relogin_at = now + _RELOGIN_PAUSE
        return False

    async def _log_in(self, post: Post) -> LoginToken:
        started = time.monotonic()
        body = {"role_id": read_login_file(self._role_id_file), "secret_id": self._secret_id.current()}
        auth = (await post(self._path, body))["auth"]
        lifetime = auth["lease_duration"] or math.inf
        return LoginToken(auth["client_token"], started + lifetime * _FRESH)
