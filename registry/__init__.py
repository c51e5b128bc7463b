"""OpenAPI documents in, versioned tools out.

Knows: documents, operations, JSON Schemas, digests, the HTTP request that an operation and its arguments make, and how to read
the answer. Must not know: gRPC, Redis, containers, Vault, who calls. It opens no file and no connection because of what a
document says.

The map: `loading` (bytes → document), `compiling` (document → drafts and faults), `versions` (draft → ToolVersion), `tool` (the
values), `request` (ToolVersion and arguments → HttpRequest), `response` (answer → checked result), `arguments` (validation),
`judge` (openapi-core, the independent judge), `catalog` (the protocol, and a catalog in memory), `errors`.
"""
