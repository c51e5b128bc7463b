"""Credentials: a Vault token for one call, and its end. The gateway mints and revokes tokens; it can read no secret.

Knows: Vault's API and roles. Must not know: invocations beyond the purpose of a token, Redis, boxes. Only `vault` imports hvac.

`credentials` is the protocol, `vault_credentials` and `fake_credentials` keep to it; `vault_login` logs the gateway in. For the
operator, with rights that the gateway does not have: `roles` (what must exist), `provision` (makes it).
"""
