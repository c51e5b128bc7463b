"""OpenAPI documents in, versioned tools out.

Knows: documents, operations, JSON Schemas, digests, the HTTP request that an operation and its arguments make, and how to read
the answer. Must not know: gRPC, Redis, containers, Vault, who calls. It opens no file and no connection because of what a
document says.

The rooms, from top to bottom; a room imports only from floors below its own:

- `reader`: bytes of a document → drafts, in a process of its own. `checking`: arguments and answers against their schemas, at
  once where that is little work, and otherwise in a process that is ended when it works too long.
- `compiler`: one document and the operator's manifest → drafts and faults, an operation at a time. `verify`: whether an
  independent reader of the document accepts the requests that the registry makes.
- `manifest`: what the operator decides about operations. `calling`: arguments → a request; what an answer's headers say.
  `catalog`: drafts → versions, and which of them a reference means.
- `document`: bytes → one document of OpenAPI 3. `schema`: JSON Schemas that stand alone, run, and can be sampled. `diff`: two
  drafts → findings, what callers must change. `credentials`: the kinds of credential, and what of a request each fills.
- `model`: the values that all rooms share, their stored form, errors and faults. `confinement`: the bounds of a process that
  looks at what strangers have sent, and the frames by which it is spoken to.

Read `compiler/compiler.py` first, then `calling/request.py`, `catalog/import_plan.py` and `diff/compare.py`.
"""
