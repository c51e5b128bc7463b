"""Redis, Vault, an engine and a gateway for a machine that has none: real servers, as children, their data in one directory.

Knows: processes, ports, files. Must not know: tools, calls, gRPC services. It is for one machine and one operator; a production
gateway is given its own Redis and Vault and never comes here.

`stack` starts and stops the parts in order, read it first; `store_server`, `vault_server`, `engine_daemon` and
`gateway_process` (with `launch`) are the parts; `child` is a process that cannot outlive its parent, by `tether`; `programs`
and `ports` find what the parts need; `certificates` and `audit_log` are for Vault's files; `state_dir` is where all lies.
`options` and `passed_settings` are what the operator says, `home_servers` which Redis and Vault a home is for, `identities` who
may log in.
"""
