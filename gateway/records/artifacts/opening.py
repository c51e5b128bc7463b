"""The store of artifacts that an operator names."""

from importlib import import_module
from pathlib import Path

from gateway.model.artifact_settings import S3, ArtifactSettings
from gateway.model.config import Config, ConfigInvalid
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.artifacts.directory import DirectoryObjects
from gateway.records.artifacts.protocol import Objects


def open_artifacts(config: Config) -> Artifacts | None:
    """None where the operator names none. Raises ConfigInvalid."""
    settings = config.artifacts
    if not settings.store:
        return None
    objects = _bucket(settings) if settings.store.startswith(S3) else _directory(Path(settings.store))
    return Artifacts(objects, settings.bounds(config.quotas))


def _directory(root: Path) -> Objects:
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)
    except OSError as error:
        raise ConfigInvalid(f"CALLGATE_ARTIFACTS_STORE={root} cannot be used: {error.strerror}") from error
    return DirectoryObjects(root)


def _bucket(settings: ArtifactSettings) -> Objects:
    name, _, prefix = (settings.store or "").removeprefix(S3).partition("/")
    try:
        s3 = import_module("gateway.records.artifacts.s3")  # what most gateways do not need takes 30 MB
        bucket = s3.Bucket(
            name,
            f"{prefix.strip('/')}/" if prefix.strip("/") else "",
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            credentials_file=settings.s3_credentials_file,
        )
        objects: Objects = s3.S3Objects(bucket)
    except ModuleNotFoundError:
        cure = "Install it with its extra: callgate-server[s3]."
        raise ConfigInvalid("CALLGATE_ARTIFACTS_STORE names a bucket, and boto3 is not there", cure=cure) from None
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"the store of artifacts cannot be opened: {error}") from error
    return objects
