"""What a repetition of a call may do: the least safe of what is declared and what the sandbox grants.

Only the operator, in a manifest, can declare a tool to be safer than that.
"""

from registry.model.tool import Container, CredentialBinding, Effect, Operation, UpstreamKey, ValuePlace

METHODS = {  # RFC 9110 §9.2; QUERY: draft-ietf-httpbis-safe-method-w-body, OpenAPI 3.2
    "GET": Effect.READ,
    "HEAD": Effect.READ,
    "OPTIONS": Effect.READ,
    "TRACE": Effect.READ,
    "QUERY": Effect.READ,
    "PUT": Effect.IDEMPOTENT,
    "DELETE": Effect.IDEMPOTENT,
    "POST": Effect.NON_IDEMPOTENT,
    "PATCH": Effect.NON_IDEMPOTENT,
}


#: Parameters by which servers let a request say that its method is another one. In lower case. (Those that are headers only
#: never become arguments: `registry.compiler.parameters`.)
_OVERRIDES = frozenset(
    ("_method", "$method", "method-override", "x-http-method-override", "x-http-method", "x-method-override")
)


def of_request(operation: Operation) -> Effect:
    """What the method promises. Nothing, where an argument, or the path's own query, may replace the method."""
    places = {ValuePlace.HEADER, ValuePlace.QUERY}
    arguments = {one.name.lower() for one in operation.parameters if one.place in places}
    arguments |= {one.name.lower() for one in operation.headers}
    query = operation.path.partition("#")[0].partition("?")[2]
    fixed = {pair.partition("=")[0].lower() for pair in query.split("&")}
    if _OVERRIDES & (arguments | fixed):
        return Effect.NON_IDEMPOTENT
    return METHODS.get(operation.method, Effect.NON_IDEMPOTENT)


def effect_of(
    operation: Operation, *, container: Container | None, credential: CredentialBinding | None, upstream_key: UpstreamKey | None
) -> Effect:
    """The effect that is derived where the manifest declares none."""
    if container is not None:
        return of_program(container, credential)
    declared = of_request(operation)
    return Effect.KEYED if upstream_key is not None and not declared.repeatable else declared


def of_program(container: Container, credential: CredentialBinding | None) -> Effect:
    """A program without egress and without a secret can change nothing outside its box: that is proven, not declared.

    A program that has either may do anything with it, whatever the method of its operation promises.
    """
    return Effect.NON_IDEMPOTENT if container.egress or credential is not None else Effect.PURE
