"""The door for hosts of models that speak MCP: a gateway's tools, as an MCP server offers them.

Knows: MCP, and the gateway through the SDK, with the caller's own token. Must not know: the pipeline, the records. So a call by
MCP goes through the same authentication, shares, policy and ledger as any other call: the door has no right that its caller has
not.

The map: `server` binds what is here to the MCP SDK, and alone knows its server. `asked` is a request as the rest sees it.
`listing` answers tools/list, `calls` tools/call; `identity` says which call it is, `results` what its client reads of the end.
"""
