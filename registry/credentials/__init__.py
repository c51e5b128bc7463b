"""Kinds of credential: how a secret proves to an API who sends the request.

Knows: of which security scheme of a document a credential is made, what of the request it fills, and what the runner is told
to do with the secret. Must not know: where secrets lie, what they are, how a request is written or sent. The compiler, the
manifest, the calling room and the gateway ask `kinds`; none of them looks into `CredentialBinding.kind_parameters`. `verify`
judges a request without its credentials, and `diff` compares what is stored: neither needs to be told of a kind.

A tool version has as many credentials as a call needs at once, each of a kind, no two of which fill the same place of a
request: one that is alone is stored as `credential`, and those beside it as `further_credentials`. A kind knows of one alone.

To add a kind of credential, in the places that `scripts/credential_places.py` lists, KIND being its name:

1. `registry/credentials/KIND.py`: a `CredentialKind`.
2. `registry/credentials/kinds.py`: its row in KINDS.
3. `registry/manifest/manifest.schema.json`, `credential`: its parameters, for operators who set it by hand; and `secret`, for
   those that complete what a document's scheme says. A parameter that names a field of the secret ends in `_field`.
4. `sandbox/runner/credential_KIND.go`: the function that makes a credential of the secret's fields and the parameters. What it
   puts into a request, and which texts are redacted from answers, is decided there. One that signs the request (`signs`) comes
   after all others, for each request anew, and what it has made for one is redacted from its answer.
5. `sandbox/runner/credentials.go`: its row in credentialKinds.
6. `sandbox/testing/fake_credentials.py`: its row in FAKE_KINDS, for the pool without containers.

`tests/architecture/test_credential_kinds.py` fails for a file or a row that is missing, for a name that differs between the
tables, for a parameter that the manifest's schema does not have, and for any other file that names a kind.
`tests/registry/credentials/test_kinds.py` fails for a kind that no security scheme and no setting of the tests makes, and
holds its digest. What the kind puts into a request needs a test in `tests/sandbox/runner/test_secrets.py`, which runs over
the fake and the runner, and, for the requests of a program, one in `tests/security/test_injection.py`.

A kind is stored beside `path` and `field`, as `{"kind": KIND, …its parameters}`. The two kinds that are older than this room
have no stored `kind`: they are told by the parameters that they have always had, so no digest changed when the room was made.
A kind that is made of several fields of a secret names them by `fields`: the one that is stored beside `path`, and others
among its parameters. Stored parameters are part of the digests of tool versions: a later release may add one whose absence
means what was done before, and may rename none. What no kind of a release reads is refused (VersionUnreadable), not guessed
at.
"""
