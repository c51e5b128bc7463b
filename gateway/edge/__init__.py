"""The doors: what arrives, who sent it, and how an error reads on the wire. A room for each protocol.

Knows: the protocols and their generated code, the pipeline, the catalog as an interface. Must not know: Redis, Vault, Docker.
A decision is never made here.
"""
