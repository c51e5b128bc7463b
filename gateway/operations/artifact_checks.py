"""The store of artifacts: does it take what is written, give it back, and let go of it?"""

from gateway.model.errors import GatewayError
from gateway.model.principal import Principal
from gateway.operations.doctor import PartFinding
from gateway.records.artifacts.artifacts import Artifacts

PART = "artifacts"
#: Whose the file is that is tried: no tenant has an empty name.
_DOCTOR = Principal("", "doctor", "doctor")
_TRIED = b"callgate doctor"
_LOST = "Look at that store: it does not give back what was written."


async def check_artifacts(artifacts: Artifacts | None) -> PartFinding:
    """To be asked as the gateway's own user."""
    if artifacts is None:
        return PartFinding(PART, True, "none are kept: what is over a tool's bound is refused (CALLGATE_ARTIFACTS_STORE)")
    try:
        read = await _tried(artifacts)
    except GatewayError as error:
        return PartFinding(PART, False, str(error), error.cure)
    return PartFinding(PART, read == _TRIED, "what was written was read, and deleted", _LOST)


async def _tried(artifacts: Artifacts) -> bytes:
    writer = await artifacts.begin(_DOCTOR, "text/plain")
    try:
        await writer.write(_TRIED)
        stored = await writer.keep()
    finally:
        await writer.drop()
    read = b"".join([piece async for piece in artifacts.read(stored)])
    await artifacts.delete(stored)
    await artifacts.sweep()  # as the gateway does by the minute: it needs to read all folders
    return read
