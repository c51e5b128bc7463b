"""Which caller a bearer token stands for. Step 1 of the pipeline, at the edge, for every RPC.

Tokens are known by their SHA-256 only: whatever reads where they are listed cannot log in with it. For the same reason the
time of a look-up tells nothing: how far two digests agree says nothing of the token, and no caller can choose a digest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gateway.edge.grpc.context import Context
from gateway.model.errors import Unauthenticated
from gateway.model.principal import Caller
from gateway.model.token_entry import NO_VALID_TOKEN, TokenEntry
from gateway.pipeline.known_tokens import KnownTokens
from gateway.records.principals.principals_file import read_principals

Metadata = Iterable[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Authentication:
    tokens: KnownTokens

    def caller(self, context: Context) -> Caller:
        """The caller of one RPC, with the rights of its token. Raises as `entry` does."""
        return self.entry(context.invocation_metadata() or ()).caller

    def entry(self, metadata: Metadata) -> TokenEntry:
        """The token of `authorization: Bearer TOKEN`. Raises Unauthenticated, without saying what was wrong with it;
        StoreUnavailable where that is not known."""
        header = next((value for name, value in metadata if name == "authorization"), "")
        scheme, _, token = (header if isinstance(header, str) else "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(NO_VALID_TOKEN)
        return self.tokens.find(sha256(token.encode()).hexdigest())


def load_principals(path: Path) -> Authentication:
    """By the principals file, as long as nothing is heard of the store. Raises ConfigInvalid."""
    return Authentication(KnownTokens(listed=read_principals(path)))
