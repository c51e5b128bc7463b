"""The gateway's secret_id: the one that the operator gave, or the one by which the gateway has renewed it since.

What the operator gives last counts: the renewed one is bound to the given one that it stands for.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import structlog

from gateway.model.errors import VaultUnavailable

log = structlog.get_logger(__name__)

_RENEWED = "vault-secret-id"  # the file in a state directory

_CURE = "Give the gateway readable files with the role_id and the secret_id of its AppRole."


@dataclass(frozen=True, slots=True)
class _Renewed:
    """`given` is the SHA-256 of the operator's, in hex."""

    given: str
    secret_id: str = field(repr=False)


class SecretId:
    """`given` is the operator's file. `kept`: where a renewed one outlives the process; None: in memory alone."""

    def __init__(self, given: Path, kept: Path | None = None) -> None:
        self._given = given
        self._kept = kept
        self._renewed: _Renewed | None = None
        self._unkept = False  # whether the file is behind

    @classmethod
    def of_gateway(cls, given: Path, state_dir: Path | None) -> Self:
        """That of the gateway with this state directory."""
        return cls(given, state_dir / _RENEWED if state_dir else None)

    def current(self) -> str:
        """Raises VaultUnavailable where the operator's file cannot be read."""
        given = read_login_file(self._given)
        renewed = (None if self._unkept else self._read_kept()) or self._renewed
        return renewed.secret_id if renewed and renewed.given == _digest(given) else given

    def renew(self, secret_id: str) -> None:
        """From now on this one, until the operator gives another. Raises VaultUnavailable as `keep` does: it counts all the
        same, for Vault would make one more with each new attempt."""
        self._renewed = _Renewed(_digest(read_login_file(self._given)), secret_id)
        self._unkept = self._kept is not None
        self.keep()

    def keep(self) -> None:
        """Let a renewed one outlive the process. Raises VaultUnavailable where it cannot be kept."""
        if self._kept is None or self._renewed is None or not self._unkept:
            return
        try:
            _write(self._kept, json.dumps({"given": self._renewed.given, "secret_id": self._renewed.secret_id}))
        except OSError as error:
            raise VaultUnavailable(
                f"the renewed secret_id cannot be kept in {self._kept}: {error.strerror}",
                cure="Let the state directory (CALLGATE_STATE_DIR) take files again.",
            ) from None
        self._unkept = False

    def _read_kept(self) -> _Renewed | None:
        """Another gateway of this host may have renewed it."""
        if self._kept is None:
            return None
        try:
            kept = json.loads(self._kept.read_text())
            return _Renewed(str(kept["given"]), str(kept["secret_id"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("renewed_secret_id_unreadable", file=str(self._kept), error=type(error).__name__)
            return None


def read_login_file(path: Path) -> str:
    """What an operator has put there for the login. Raises VaultUnavailable."""
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise VaultUnavailable(
            f"the file {path} of the Vault login cannot be read: {type(error).__name__}", cure=_CURE
        ) from None
    if not text:
        raise VaultUnavailable(f"the file {path} of the Vault login is empty", cure=_CURE)
    return text


def _digest(secret_id: str) -> str:
    return hashlib.sha256(secret_id.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    """The whole file or nothing, for its owner alone. Gateways that share the directory do not share the draft."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
