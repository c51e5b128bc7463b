"""MCP by streamable HTTP: the process that speaks HTTP with strangers, beside the gateway.

Knows: HTTP, the MCP SDK's transports, the server of `gateway.edge.mcp`, the gateway through the SDK. Must not know: what a call
comes to. `gateway.edge.door.mcp_door` starts it.

The way of a request: `entrance` takes its connection, `connection` gives it time for its head; `app` goes on: `asked_of` looks
for whom it is meant and from which page it comes, `tokens` who sends it, `wanted` what its URL asks for, `shares` whether there
is room for it, `bodies` reads it, `sessions` finds what it belongs to, and the SDK's `transport` answers it by the client that
`clients` has for its token. `asking` asks the gateway whose a token is, `events` are what a cut stream can go on from,
`metadata` says where tokens are accepted, `refusals` are the answers that end here. `serving` is the process's life, and `plan`
what the gateway tells it. Why it is a process of its own: decision 35.
"""
