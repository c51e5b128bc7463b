"""An answer → whether the upstream kept the promise of its document."""

import orjson

from registry.arguments import ArgumentChecker
from registry.media_types import is_json
from registry.tool import ToolVersion


def matches_schema(
    checker: ArgumentChecker, version: ToolVersion, status: int, content_type: str | None, body: bytes
) -> bool | None:
    """Whether a successful JSON answer fits the output schema.

    None where there is nothing to compare: no output schema, a status other than 2xx, or a body that does not claim to be JSON.
    """
    successful = 200 <= status < 300  # noqa: PLR2004
    if version.draft.output_schema is None or not successful or not content_type or not is_json(content_type):
        return None
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return checker.matches(version, answer)
