"""A credential whose token is to be obtained → the job of the box that obtains it."""

from gateway.secrets.roles import TOKEN_TIMEOUT
from gateway.secrets.vault_reach import VaultReach
from registry.credentials.token_grant import TokenGrant, kept_at
from registry.model.tool import CredentialBinding
from sandbox.api.job import Job, Secret, TokenOrder

#: Bytes of what the box tells the gateway: a number.
_TOLD = 256


def token_job(binding: CredentialBinding, grant: TokenGrant, owner: str, vault: VaultReach, wrapping_token: str) -> Job:
    """Raises VaultUnavailable where the authorities for Vault cannot be read."""
    secret = Secret(vault.address, wrapping_token, (), authorities=vault.authorities(), namespace=vault.namespace)
    return Job(
        method="POST",
        url=grant.token_url,
        headers=(),
        body=None,
        timeout=TOKEN_TIMEOUT,
        response_bytes=_TOLD,
        secret=secret,
        token=_order(binding, grant, owner),
    )


def _order(binding: CredentialBinding, grant: TokenGrant, owner: str) -> TokenOrder:
    return TokenOrder(
        grant=grant.grant,
        auth=grant.auth,
        client_id=grant.client_id,
        fields={
            "client_id": grant.client_id_field,
            "client_secret": binding.field,
            "refresh_token": grant.refresh_token_field,
        },
        form=_form(grant),
        secret_path=binding.path,
        kept_at=kept_at(binding, owner),
        reusable=grant.reusable_refresh_token,
    )


def _form(grant: TokenGrant) -> tuple[tuple[str, str], ...]:
    said = {"scope": " ".join(grant.scopes), "audience": grant.audience, **grant.form}
    return tuple((name, value) for name, value in said.items() if value)
