"""Credentials: a Vault token for one call, and its end. The gateway mints and revokes tokens; its own token reads no secret.

Knows: Vault's API and roles. Must not know: invocations beyond the purpose of a token, Redis, boxes. Only `vault` imports hvac.

`credentials` is the protocol, `vault_credentials` and `fake_credentials` keep to it; `vault_login` logs the gateway in, by a
`secret_id` that `secret_id_renewal` keeps from ending. `vault_reach` is what a box must know of Vault. For the operator, with
rights that the gateway does not have: `roles` (what must exist), `provision` (makes it), `upstream_secrets` (what boxes fetch).
"""
