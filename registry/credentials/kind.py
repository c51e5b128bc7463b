"""What is to be known of a kind of credential."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from registry.credentials.token_grant import TokenGrant
from registry.model.tool import CredentialBinding, JsonObject, ValuePlace

#: A place of a request that one value fills: an argument for it, or a credential.
RequestField = tuple[ValuePlace, str]


#: What a preview shows in the place of a secret value.
Shown = tuple[tuple[RequestField, str], ...]


def one_field(binding: CredentialBinding) -> tuple[str, ...]:
    return (binding.field,)


def as_it_is(parameters: JsonObject, _server: str, _info: JsonObject) -> JsonObject:
    return parameters


def no_problem(_: JsonObject) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class CredentialKind:
    """One row of KINDS. The functions take the parameters of a binding, as `CredentialBinding.kind_parameters` has them.

    `name` is the kind's name in the runner's table. `parameters` names all that may be stored of it. `reads` tells whether
    parameters are this kind's: those of one kind only, and with nothing in them that it does not know.

    `from_scheme` makes the parameters of a security scheme of the document (OpenAPI, Security Scheme Object), or None of one
    that is not for this kind; the text is the scheme's JSON Pointer, and it raises OperationUnusable. `occupies` names what the
    credential fills, so that no argument can. `for_runner` is what the runner is told beside `name`: plain JSON. `fields` are
    the fields of the secret that the runner makes the credential of, in the order in which its kind takes them.

    `first_field` is the parameter that names the first of two fields, where an operator names both as `PATH#FIRST:SECOND`;
    empty: the kind is not made of two. `needs_two`: it is never made of one. `problem` says what keeps a manifest's parameters
    from being this kind's. `complete` adds what the operation's server and the document's `info` tell, and raises
    OperationUnusable for what they do not. `withholds` are further places that no argument fills. `shown` is what a preview has
    in its places, with the mask given; None: the mask, behind the prefix. `obtains`: of a kind whose secret a box obtains
    before the call, how.
    """

    name: str
    parameters: frozenset[str]
    reads: Callable[[JsonObject], bool]
    from_scheme: Callable[[JsonObject, str], JsonObject | None]
    occupies: Callable[[JsonObject], tuple[RequestField, ...]]
    for_runner: Callable[[JsonObject], JsonObject]
    _: KW_ONLY
    fields: Callable[[CredentialBinding], tuple[str, ...]] = one_field
    first_field: str = ""
    needs_two: bool = False
    problem: Callable[[JsonObject], str | None] = no_problem
    complete: Callable[[JsonObject, str, JsonObject], JsonObject] = as_it_is
    withholds: tuple[RequestField, ...] = ()
    shown: Callable[[JsonObject, str], Shown] | None = None
    obtains: Callable[[CredentialBinding], TokenGrant] | None = None
