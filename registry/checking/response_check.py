"""An answer → whether it fits what the document promises."""

from registry.checking.argument_checker import ArgumentChecker
from registry.model.media_types import is_json
from registry.model.tool import Draft, Response, ToolVersion

_SUCCESS = 2  # hundred and something


async def matches_schema(
    checker: ArgumentChecker, tenant: str, version: ToolVersion, *, status: int, content_type: str | None, body: bytes
) -> bool | None:
    """Whether a JSON answer fits the schema that the document promises for its status.

    None where there is nothing to compare: no schema for this status, or a body that does not claim to be JSON.
    """
    draft = version.draft
    if not content_type or not is_json(content_type):
        return None
    if draft.output_status is None:  # the output schema is for every 2xx
        return await checker.matches(tenant, version, body) if status // 100 == _SUCCESS else None
    promised = promise(draft, status)
    if promised is None:
        return None
    if promised.status == draft.output_status:
        return await checker.matches(tenant, version, body)
    return await checker.matches(tenant, version, body, promised)


def promise(draft: Draft, status: int) -> Response | None:
    """The response that the document declares for a status: its own, else its range's, else the default.

    None where it declares none of them. OpenAPI 3.1.1, Responses Object.
    """
    declared = {one.status: one for one in draft.responses}
    return next((declared[key] for key in (str(status), f"{status // 100}XX", "default") if key in declared), None)
