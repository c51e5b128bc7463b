"""Where an embedded stack keeps what it must not forget. One stack at a time; only the owner may read it."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import IO, Self

from gateway.embedded.errors import HomeInUse, HomeUnusable

_LOCK = "lock"
#: What ext4 puts into the root of each disk.
_OF_A_DISK = "lost+found"


def default_home(environ: Mapping[str, str]) -> Path:
    """`$CALLGATE_HOME`, or `~/.local/state/callgate` as the XDG base directories have it."""
    return Path(environ.get("CALLGATE_HOME") or Path.home() / ".local" / "state" / "callgate").absolute()


class StateDir:
    """The layout. Secrets are files of mode 0600 in a directory of mode 0700."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = home / "store"
        self.vault = home / "vault"
        self.engine = home / "engine"
        self.logs = home / "log"
        self.run = home / "run"
        self.gateway = home / "gateway"
        self.artifacts = home / "artifacts"
        self.token = home / "token"
        self.address = home / "address"
        self.principals = home / "principals.json"
        self.store_password = home / "redis-password"
        self.root_token = home / "vault-root-token"
        self.unseal_key = home / "vault-unseal-key"
        self.vault_ca = home / "vault-ca.pem"
        self.vault_tls = self.vault / "tls.pem"
        self.vault_audit = self.logs / "vault-audit.log"
        self.role_id = home / "vault-role-id"
        self.secret_id = home / "vault-secret-id"
        self.environment = home / "environment.json"
        self.servers = home / "servers.json"

    @contextmanager
    def hold(self) -> Iterator[Self]:
        """Make the directories and keep other stacks out. Raises HomeInUse, HomeUnusable."""
        with self._made() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                cure = (
                    f"Use the one that runs: `CALLGATE_HOME={quote(str(self.home))} callgate tools`. For another one beside "
                    "it, name another directory with --home."
                )
                raise HomeInUse(f"another stack runs in {self.home}", cure=cure) from None
            yield self

    def _made(self) -> IO[str]:
        """The directories, and the file that a stack locks."""
        try:
            self._require_own()
            for directory in (self.home, self.store, self.vault, self.engine, self.logs, self.run, self.gateway):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                directory.chmod(0o700)
            return (self.home / _LOCK).open("w")
        except OSError as error:
            raise _unusable(error, self.home) from None

    def _require_own(self) -> None:
        """A home is closed to all other users: /tmp, or a person's own directory, must not become one by a slip."""
        found = {path.name for path in self.home.iterdir()} if self.home.exists() else set()
        own = {path.name for path in vars(self).values()}
        kept = {path.name for path in (self.token, self.principals, self.servers, self.environment, self.unseal_key)}
        strange = found - own - {_LOCK, _OF_A_DISK}
        if strange and not found & kept:
            raise HomeUnusable(
                f"{self.home} is no home: it has {min(strange)} and other things in it, and would be closed to all other users",
                cure=f"Name a directory for the stack alone: --home {quote(str(self.home / 'callgate'))}",
            )


def _unusable(error: OSError, home: Path) -> HomeUnusable:
    """For what the file system says of a path in the home, or on the way to it."""
    path = error.filename or home
    told = "is no directory" if isinstance(error, FileExistsError | NotADirectoryError) else str(error.strerror).lower()
    return HomeUnusable(
        f"the home {home} cannot be used: {path}: {told}",
        cure="Name a directory by --home or CALLGATE_HOME that you may write to, on a disk with room.",
    )


def write_private(path: Path, text: str) -> None:
    """Write the whole file or nothing, readable by its owner alone. Raises HomeUnusable."""
    draft = path.with_name(path.name + ".new")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise _unusable(error, path.parent) from None


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """What the file says; where there is none, what `make` answers, from now on."""
    if not path.exists():
        write_private(path, make())
    return path.read_text()
