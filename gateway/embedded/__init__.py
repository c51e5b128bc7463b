"""Redis, Vault and an engine for those who have none: real servers, started as children, data kept in one directory.

Knows: processes, ports, files. Must not know: tools, calls, gRPC services. For one machine and one operator; a production
gateway is given its own Redis and Vault and never comes here.

The map: `stack` starts and stops the parts in order, read it first; `store_server`, `vault_server`, `engine_daemon` and
`gateway_process` (with `launch`) are the parts; `child` is a process that cannot outlive us, `tether` how; `programs` and
`ports` find what they need; `state_dir` is where everything lies; `errors`.
"""
