"""The way out of a box: one broker for each box, which connects to what the box's job may reach, and to nothing else.

Knows: hosts, addresses and which of them are reserved, CONNECT, the TLS hello, byte counts, the job's bounds, the permission to
send. Must not know: what the box's runner says on its own socket, how boxes are made, who the caller is.

`broker` is the order of the checks; it reads a `connect_request`, asks the `egress_budget` and the `send_permission`, opens an
`upstream_connection` (over `resolve`, `addresses` and `own_parts`), checks the `client_hello`, and passes bytes through a
`tunnel`, which notes whether more than a `handshake` has left (`server_hello` tells of which kind).
`box_sockets` are the sockets by which a box reaches its gateway.
"""
