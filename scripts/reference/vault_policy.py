"""docs/reference/vault-policy.md, of what the code asks of Vault: what the gateway may do there, and what a tool's "
"token may."""

import json
from dataclasses import replace
from typing import Any

from gateway.model.vault_settings import GATEWAY_ROLE
from gateway.secrets.provision import SECRET_ID_HOURS, TOKEN_USES, gateway_paths, paths_of_role, template_of
from gateway.secrets.roles import MARGIN, CredentialRole
from gateway.secrets.vault_credentials import ROLE_PREFIX
from registry.credentials.consent import PERSON
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
        [head("Vault policy", "scripts/reference/vault_policy.py", SOURCES, text), _gateway(), _tool(), _token(), _operator()]
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


def _token() -> str:
    told = paragraph(
        "Each credential whose token a box obtains has a role and a policy of its own. They let that box read the "
        "client's secret, and keep what comes below it:"
    )
    kept = CredentialRole(ROLE_PREFIX, "secret/data/orders", 0, keeps_at="secret/data/orders/tokens/ID")
    connected = replace(kept, keeps_at=f"{kept.keeps_at}/{PERSON}")
    per_person = paragraph(
        "What a person connects has the person's name at the end of its path. Vault puts it there: the gateway mints the "
        "token in that name (`entity_alias`; the role permits names that begin with `callgate-`), and no other path "
        "counts. ACCESSOR is that of the `token` login, which an import reads at `sys/auth`. The policy of a tool version "
        "that reads such a token has the same end:"
    )
    policies = [
        "\n".join(_path(path, rules) for path, rules in paths_of_role(one, template_of("ACCESSOR")).items())
        for one in (kept, connected)
    ]
    uses = paragraph(f"The tokens count for {TOKEN_USES} uses.")
    return f"## A token box\n\n{told}\n\n```text\n{policies[0]}\n```\n\n{uses}\n\n{per_person}\n\n```text\n{policies[1]}\n```\n"


def _operator() -> str:
    told = paragraph(
        "The token that an operator gives to `callgate up --vault-admin-token-file`, or has in the home of `callgate "
        "up` for an "
        "import, may manage policies (`sys/policies/acl/*`), token roles (`auth/token/roles/*`), AppRole, and mounts, and read "
        "`sys/auth`. "
        "No gateway "
        "ever has it."
    )
    return f"## The operator\n\n{told}\n"


def _path(path: str, rules: dict[str, Any]) -> str:
    inner = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in rules.items())
    return f'path "{path}" {{\n{inner}}}'
