"""Which principal a bearer token stands for. Step 1 of the pipeline, at the edge, for every RPC.

Tokens are kept as SHA-256 only: whatever reads the file that lists them cannot log in with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson

from gateway.decisions.policy import Rule
from gateway.edge.grpc.context import Context
from gateway.model.config import ConfigInvalid
from gateway.model.errors import Unauthenticated
from gateway.model.principal import Principal

Metadata = Iterable[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Authentication:
    principals: dict[str, Principal]
    rules: dict[Principal, Rule]

    def caller(self, context: Context) -> Principal:
        """The caller of one RPC. Raises Unauthenticated."""
        return self.authenticate(context.invocation_metadata() or ())

    def authenticate(self, metadata: Metadata) -> Principal:
        """The caller, by its `authorization: Bearer TOKEN`. Raises Unauthenticated, without saying what was wrong with it."""
        header = next((value for name, value in metadata if name == "authorization"), "")
        scheme, _, token = (header if isinstance(header, str) else "").partition(" ")
        principal = self.principals.get(sha256(token.encode()).hexdigest())
        if scheme.lower() != "bearer" or principal is None:
            raise Unauthenticated("no valid bearer token")
        return principal


def load_principals(path: Path) -> Authentication:
    """Read the principals file. Raises ConfigInvalid."""
    principals, rules = {}, {}
    try:
        for digest, entry in orjson.loads(path.read_bytes()).items():
            principal = Principal(entry["tenant"], entry["agent"], entry["subject"])
            principals[digest] = principal
            rights = {right: bool(entry.get(right, False)) for right in ("may_import", "may_review", "may_operate")}
            recording = {"may_record": bool(entry["may_record"])} if "may_record" in entry else {}
            rules[principal] = Rule(tuple(entry.get("tools", ())), **rights, **recording)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigInvalid(f"the principals file {path} cannot be read: {type(error).__name__}") from error
    return Authentication(principals, rules)
