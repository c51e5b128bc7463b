"""docs/reference/vault-policy.md, of what the code asks of Vault: what the gateway may do there, and what a tool's "
"token may."""

import json
from typing import Any

from gateway.model.vault_settings import GATEWAY_ROLE
from gateway.secrets.provision import SECRET_ID_HOURS, gateway_paths
from gateway.secrets.roles import MARGIN
from gateway.secrets.vault_credentials import ROLE_PREFIX
from scripts.reference.markdown import head, paragraph

SOURCES = ("gateway/secrets/provision.py", "gateway/secrets/roles.py")
ROLE = f"auth/approle/role/{GATEWAY_ROLE}"


def page() -> str:
    text = (
        "What Callgate writes into Vault, and what each part may do there. `callgate up` and imports write it, with "
        "an operator's "
        "token. It is here for those who review it, or who set Vault up by code of their own."
    )
    return "\n".join(
        [head("Vault policy", "scripts/reference/vault_policy.py", SOURCES, text), _gateway(), _tool(), _operator()]
    )


def _gateway() -> str:
    policy = "\n".join(_path(path, rules) for path, rules in gateway_paths(ROLE).items())
    told = paragraph(
        f"The policy `{GATEWAY_ROLE}`, of the AppRole of the same name. It lets the gateway mint tokens that are "
        f"wrapped, and revoke "
        "them. It lets it read no secret: `callgate doctor` tries, and says so where it can."
    )
    role = paragraph(
        f"The AppRole's tokens live for 20 minutes, and its `secret_id`s for {SECRET_ID_HOURS} hours; both count from "
        f"the networks "
        "of `--vault-bound-cidr` alone, where an operator names some. The default policy is left out."
    )
    return f"## The gateway\n\n{told}\n\n```text\n{policy}\n```\n\n{role}\n"


def _tool() -> str:
    told = paragraph(
        f"Each tool version that needs a secret has a token role and a policy, `{ROLE_PREFIX}` and 24 hexadecimal "
        f"digits. The policy lets its tokens read that one path, or each path of a version that needs several secrets:"
    )
    policy = _path("secret/data/orders", {"capabilities": ["read"]})
    role = paragraph(
        "The role's tokens count for one read of each path (`token_num_uses`), cannot be renewed, have no default policy, and "
        "end by themselves "
        f"{MARGIN:.0f} seconds after the time of an attempt of that version at the latest. They are orphans, so that "
        f"the end of the "
        "gateway's own token does not end a call."
    )
    return f"## A tool version\n\n{told}\n\n```text\n{policy}\n```\n\n{role}\n"


def _operator() -> str:
    told = paragraph(
        "The token that an operator gives to `callgate up --vault-admin-token-file`, or has in the home of `callgate "
        "up` for an "
        "import, may manage policies (`sys/policies/acl/*`), token roles (`auth/token/roles/*`), AppRole, and mounts. "
        "No gateway "
        "ever has it."
    )
    return f"## The operator\n\n{told}\n"


def _path(path: str, rules: dict[str, Any]) -> str:
    inner = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in rules.items())
    return f'path "{path}" {{\n{inner}}}'
