"""A credential whose token is to be obtained → the job of the box that obtains it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.secrets.persons import named, removal_of
from gateway.secrets.roles import TOKEN_TIMEOUT
from gateway.secrets.vault_reach import VaultReach
from registry.credentials.token_grant import TokenGrant, kept_at
from registry.model.tool import CredentialBinding, ToolVersion
from sandbox.api.job import Job, Secret, TokenOrder

#: Bytes of what the box tells the gateway: a number, or how a connection stands.
_TOLD = 16 << 10

#: The steps of a person's connection.
RENEW, CODE, DEVICE_BEGIN, DEVICE_POLL, DISCONNECT = "renew", "code", "device_begin", "device_poll", "disconnect"


@dataclass(frozen=True, slots=True)
class OfPerson:
    """Of a token that a person has connected: the person's name in Vault, the step, and what that needs beside
    (`runner/token_connect.go`). `url` is where the step's request goes, if not to the token endpoint."""

    person: str
    step: str = RENEW
    said: Mapping[str, object] = field(default_factory=dict, repr=False)
    url: str = ""


def token_job(
    binding: CredentialBinding,
    grant: TokenGrant,
    version: ToolVersion,
    vault: VaultReach,
    wrapping_token: str,
    *,
    of_person: OfPerson | None = None,
) -> Job:
    """Raises VaultUnavailable where the authorities for Vault cannot be read."""
    order = _order(binding, grant, version)
    if of_person:
        order = _in_name_of(of_person, order, grant)
    secret = Secret(vault.address, wrapping_token, (), authorities=vault.authorities(), namespace=vault.namespace)
    return Job(
        method="POST",
        url=(of_person and of_person.url) or grant.token_url,
        headers=(),
        body=None,
        timeout=TOKEN_TIMEOUT,
        response_bytes=_TOLD,
        secret=secret,
        token=order,
    )


def _order(binding: CredentialBinding, grant: TokenGrant, version: ToolVersion) -> TokenOrder:
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
        kept_at=kept_at(binding, version),
        reusable=grant.reusable_refresh_token,
        claims=_claims(grant) if grant.grant == "jwt_bearer" else {},
        key_id=grant.assertion.key_id,
    )


def _in_name_of(of_person: OfPerson, order: TokenOrder, grant: TokenGrant) -> TokenOrder:
    """Scopes are asked for once, when the person consents (RFC 6749 §4.1.3 and §6 know none, or the same)."""
    kept_at = named(order.kept_at, of_person.person)
    form = order.form if of_person.step == DEVICE_BEGIN else tuple(pair for pair in order.form if pair[0] != "scope")
    said = {"step": of_person.step, "kept_in": removal_of(kept_at), **of_person.said}
    fields = {**order.fields, "refresh_token": ""}  # the operator's is not a person's consent
    return replace(order, grant="refresh_token", kept_at=kept_at, form=form, fields=fields, connect=said)


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
