"""All that an operator can say of artifacts: where they lie, how large they may be, and for how long they are kept."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gateway.model.quotas import Quotas

MEBI = 1 << 20

#: How a bucket of a service that speaks S3 is written.
S3 = "s3://"

LONGEST_HOURS = 24 * 365


_QUOTAS = Quotas()


@dataclass(frozen=True, slots=True)
class ArtifactBounds:
    """`bytes` of one artifact, `call_bytes` of all that one call reads and writes, `seconds` for which one is kept; `most`
    artifacts of `most_bytes` together, for each tenant."""

    bytes: int = 256 * MEBI
    call_bytes: int = 1024 * MEBI
    seconds: float = 86_400.0
    most: int = _QUOTAS.artifacts
    most_bytes: int = _QUOTAS.artifacts_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactSettings:
    """Each field is the setting CALLGATE_ARTIFACTS_ and its name, and told at its namesake in `gateway.model.config`.

    Raises ValueError with the name of the setting that is wrong.
    """

    store: str | None = None
    bytes: int = 256 * MEBI
    call_bytes: int = 1024 * MEBI
    hours: float = 24.0
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_credentials_file: Path | None = None

    def __post_init__(self) -> None:
        if self.store and not (self.store.startswith(("/", S3)) and self.store != S3):
            raise ValueError("CALLGATE_ARTIFACTS_STORE must be an absolute path of a directory, or s3://BUCKET/PREFIX")
        if not 0 < self.bytes <= self.call_bytes:
            raise ValueError("CALLGATE_ARTIFACTS_BYTES must be from 1 to CALLGATE_ARTIFACTS_CALL_BYTES")
        if not 0 < self.hours <= LONGEST_HOURS:
            raise ValueError(f"CALLGATE_ARTIFACTS_HOURS must be more than 0, and at most {LONGEST_HOURS}")
        if self.s3_endpoint and not urlsplit(self.s3_endpoint).hostname:
            raise ValueError("CALLGATE_ARTIFACTS_S3_ENDPOINT must be a URL, https://host:port")

    def bounds(self, quotas: Quotas) -> ArtifactBounds:
        return ArtifactBounds(self.bytes, self.call_bytes, self.hours * 3600, quotas.artifacts, quotas.artifacts_bytes)
