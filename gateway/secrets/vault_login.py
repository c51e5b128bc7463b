"""How a client proves to Vault who it is: a fixed token, or AppRole."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gateway.model.errors import VaultUnavailable

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
    """The gateway's identity. Both files are read at each login, so a rotated secret_id needs no restart."""

    def __init__(self, role_id_file: Path, secret_id_file: Path) -> None:
        self._role_id_file = role_id_file
        self._secret_id_file = secret_id_file
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
        body = {"role_id": _read(self._role_id_file), "secret_id": _read(self._secret_id_file)}
        auth = (await post("auth/approle/login", body))["auth"]
        lifetime = auth["lease_duration"] or math.inf
        return LoginToken(auth["client_token"], started + lifetime * _FRESH)


def _read(path: Path) -> str:
    cure = "Give the gateway readable files with the role_id and the secret_id of its AppRole."
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise VaultUnavailable(
            f"the file {path} of the Vault login cannot be read: {type(error).__name__}", cure=cure
        ) from None
    if not text:
        raise VaultUnavailable(f"the file {path} of the Vault login is empty", cure=cure)
    return text
