"""What keeps a manifest's credentials from being those of a kind, each with the JSON Pointer of its place: told before a
document is looked at, so that the reader can name the line."""

from collections.abc import Iterator

from registry.credentials.kinds import SECRET_FIELDS, kind_named
from registry.manifest.apply import credentials_of
from registry.manifest.manifest import Manifest
from registry.model.errors import ManifestInvalid
from registry.model.json_pointer import escape
from registry.model.tool import JsonObject

Problem = tuple[str, ManifestInvalid]

_EXAMPLES = "docs/secrets.md has an example of each kind."
#: In the place of what the document's scheme says of an API key, where the manifest need not.
_OF_SCHEME: JsonObject = {"place": "header", "name": "x-of-the-document"}


def scheme_problems(credentials: JsonObject) -> Iterator[Problem]:
    """Of `credentials`, by the names of the document's security schemes, as the manifest has them."""
    for scheme, said in credentials.items():
        if problem := _of_fields(said) or _of_kind(said):
            yield f"/credentials/{escape(scheme)}", problem


def setting_problems(manifest: Manifest) -> Iterator[Problem]:
    """Of what operations' settings write out."""
    for place, settings in manifest.places():
        try:
            credentials_of(settings)
        except ManifestInvalid as problem:
            yield f"{place}/credential", problem


def _of_fields(said: JsonObject) -> ManifestInvalid | None:
    named = [name for name in SECRET_FIELDS if name in said]
    if len(named) != 1 and not ("token" in said and not named):
        expected = (
            "`field`, or `username_field` and `password_field`, or `access_key_field` and `secret_key_field`, or for OAuth 2 "
            "`token`"
        )
        field = "`field: token`, if that is what the secret's field is called"
        cure = f"Name the field of the secret at {said['path']} beside `path`: {field}. {_EXAMPLES}"
        return ManifestInvalid(f"expected {expected}: one or the other", cure=cure)
    if "token" in said and (others := sorted(said.keys() - {"path", "field", "token"})):
        told = f"a token is obtained for one `field` of a secret, without {', '.join(others)}"
        return ManifestInvalid(told, cure=f"Remove what does not belong there. {_EXAMPLES}")
    return None


def _of_kind(said: JsonObject) -> ManifestInvalid | None:
    """Of a kind that the manifest names, or whose words it writes, as far as it can be told without the document."""
    kind = kind_named(said.get("kind"))
    if kind is None:
        return None
    own = {name: value for name, value in said.items() if name not in (*SECRET_FIELDS, "path")}
    by_document = {name: value for name, value in _OF_SCHEME.items() if name in kind.parameters}
    problem = kind.problem(by_document | own)
    return ManifestInvalid(problem, cure=f"Correct the credential. {_EXAMPLES}") if problem else None
