"""The edge: what arrives by gRPC, who sent it, and how an error reads on the wire.

Knows: gRPC, the generated code, the pipeline and the catalog as interfaces. Must not know: Redis, Vault, Docker. A decision is
never made here.

`server` listens; `boundary` is the one place where any exception ends; `status` is the table from exceptions to statuses;
`authentication` tells who calls; `catalog_service` and `invocation_service` serve; `wire` translates values to messages;
`following` tells a slow listener the newest progress.
"""
