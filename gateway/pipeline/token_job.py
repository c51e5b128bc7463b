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
        auth=grant.client_auth,
        client_id=grant.client_id,
        fields={
            "client_id": grant.client_id_field,
            "client_secret": binding.field,
            "refresh_token": grant.refresh_token_field,
            "private_key": grant.assertion.key_field,
            "subject_token": grant.subject_token_field,
        },
        form=_form(grant),
        secret_path=binding.path,
        kept_at=kept_at(binding, owner),
        reusable=grant.reusable_refresh_token,
        claims=_claims(grant) if grant.grant == "jwt_bearer" else {},
        key_id=grant.assertion.key_id,
    )


def _claims(grant: TokenGrant) -> dict[str, object]:
    """What the box signs, but for the times; and for the issuer, where the secret alone names it."""
    signed = grant.assertion
    issuer = signed.issuer or grant.client_id
    said = {
        "iss": issuer,
        "sub": signed.subject or issuer,
        "aud": signed.audience or grant.token_url,
        "scope": " ".join(grant.scopes),
    }
    return {**{name: value for name, value in said.items() if value}, **signed.claims}


def _form(grant: TokenGrant) -> tuple[tuple[str, str], ...]:
    said = {"scope": " ".join(grant.scopes), "audience": grant.audience, **grant.form}
    return tuple((name, value) for name, value in said.items() if value)
