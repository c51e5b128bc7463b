"""Whether a person has approved a call.

No approver can be connected yet: a tool that asks for one is refused, never waved through.
"""

from gateway.model.errors import ApprovalRequired
from registry.model.tool import ToolVersion


def require_approval(version: ToolVersion) -> None:
    """Raises ApprovalRequired where the version's calls must be approved."""
    if version.draft.requires_approval:
        raise ApprovalRequired(f"calls of {version.name} must be approved by a person")
