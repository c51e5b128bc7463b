"""The whole system over real parts: SDK, gRPC, a gateway's process, Docker, OpenBao, Valkey; upstreams, one of them hostile."""
