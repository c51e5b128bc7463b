"""OpenAPI documents in, versioned tools out.

Knows: documents, operations, JSON Schemas, digests, the HTTP request that an operation and its arguments make, and how to read
the answer. Must not know: gRPC, Redis, containers, Vault, who calls. It opens no file and no connection because of what a
document says.

The map, by the way a document goes:
- in: `loading` (bytes → document) over `yaml_text`, `bounds` and `swagger` (2.0 → 3.0, over `swagger_requests` and
  `swagger_schemas`); `importing` (bytes → drafts, in the bounded process `worker`, over `transit`);
  `bundling` (many documents → one, of what the operator allows);
- compiled: `compiling` (document → drafts and faults) over `toolset` (what the operator says), `sites`, `naming`, `parameters`,
  `bodies` (over `encodings`),
  `answers`, `servers`, `security`, `references`, `faults`; `contracts` (a tool's schemas) over `schemas` (self-contained ones),
  `translation` (OpenAPI's → JSON Schema), `keywords`, `discriminator`, `satisfying`, `recursion`; `notes`;
- decided: `manifest_text` (bytes of a toolset manifest → `manifest`, by `manifest.schema.json`); `settling` (its settings →
  draft) over `effects`;
- shelved: `tool` (the values), `versions` (digests, references) over `shelving` (values ↔ JSON); `shelf` (the revisions of one
  tool, and which a reference means), `planning` (what an import does to it), `catalog` (the protocol, and one in memory);
- compared: `diffing` (two drafts → `findings`) over `wire_changes`, `response_changes` and, for schemas, `schema_changes` over
  `schema_shapes` and `keyword_changes`; `wording` names what they find;
- called: `arguments` (read, canonicalise, check) over `canonical` and `validators`, with `hints` (an example beside each
  violation); `request` (ToolVersion and arguments → HttpRequest) over `serializing` (parameters) and `content` (bodies:
  `forms`, `multipart`, `xml_text`, by `media_types`); `response` (answer → whether it keeps the promise), `links`;
- shown: `variants` (an input schema in forms for providers that take less) over `strictness`;
- verified: `verifying` over `sampling` (over `folding`, `candidates`, `patterns`), `judge` (openapi-core, the independent
  judge, with `write_dialect`) and `whose` (whose mistake a refusal is);
- `errors`.
"""
