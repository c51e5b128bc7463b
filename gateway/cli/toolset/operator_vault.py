"""The Vault that an operator means: that of the options, else of the environment, else of the stack that `callgate up` started.

It is asked with the operator's token, never with the gateway's.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from gateway.cli.terminal.exit_codes import refusal
from gateway.embedded.errors import SettingRefused
from gateway.embedded.passed_settings import of_vault, vault_settings, with_absolute_paths
from gateway.embedded.state_dir import StateDir, default_home
from gateway.model.errors import GatewayError
from gateway.model.vault_settings import VaultSettings
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken

T = TypeVar("T")

_ADDRESS = "CALLGATE_VAULT_ADDRESS"
_PATIENCE = 10.0  # seconds: an operator may wait longer than a call


@dataclass(frozen=True, slots=True)
class OperatorVault:
    """`address` and `token_file` are those of the options. None: those of the stack at home."""

    address: str | None
    token_file: Path | None

    @property
    def known(self) -> bool:
        """Whether there is a Vault to ask, and a token to ask it with. Ends the program where its settings are wrong."""
        settings, home = self._settings(), _of_home()
        if settings is None or self.token_file is not None:
            return settings is not None
        # The token of the stack at home is for its own Vault: another one must not see it.
        return settings.address == home.get(_ADDRESS) and self._token_file().is_file()

    def ask(self, question: Callable[[Vault], Awaitable[T]]) -> T:
        """What the question answers. Ends the program where Vault, or the question, refuses."""
        try:
            return self.try_to_ask(question)
        except (GatewayError, OSError) as error:
            raise refusal(error, f"Let {self._token_file()} be a file that you may read.") from None

    def try_to_ask(self, question: Callable[[Vault], Awaitable[T]]) -> T:
        """The same. Raises GatewayError, and OSError where the token cannot be read."""
        settings = self._settings()
        if settings is None:
            raise RuntimeError("no Vault is known")
        return asyncio.run(_asked(settings, self._token_file().read_text().strip(), question))

    def _settings(self) -> VaultSettings | None:
        """What the home says of its own Vault does not count for another one."""
        said = {**with_absolute_paths(of_vault(os.environ)), **({_ADDRESS: self.address} if self.address else {})}
        at_home = _of_home()
        named = {**at_home, **said} if said.get(_ADDRESS) in (None, at_home.get(_ADDRESS)) else said
        try:
            return vault_settings(named) if _ADDRESS in named else None
        except SettingRefused as error:
            raise refusal(error) from None

    def _token_file(self) -> Path:
        return self.token_file or _home().root_token


def operator_vault(
    *,
    vault_address: Annotated[
        str | None, typer.Option(help="the Vault with the tools' token roles and secrets", metavar="URL")
    ] = None,
    vault_token_file: Annotated[
        Path | None, typer.Option(help="a file with a Vault token that may make both; not the gateway's")
    ] = None,
) -> OperatorVault:
    return OperatorVault(vault_address, vault_token_file)


def _home() -> StateDir:
    return StateDir(default_home(os.environ))


def _of_home() -> dict[str, str]:
    """What tells of Vault among the settings of the stack at home."""
    try:
        return of_vault(json.loads(_home().environment.read_text()))
    except (OSError, ValueError):
        return {}


async def _asked(settings: VaultSettings, token: str, question: Callable[[Vault], Awaitable[T]]) -> T:
    vault = Vault(settings, FixedToken(token), patience=_PATIENCE)
    try:
        return await question(vault)
    finally:
        await vault.aclose()
