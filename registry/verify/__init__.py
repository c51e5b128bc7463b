"""Whether an independent reader of a document (openapi-core, the judge) accepts the requests that the registry makes of it.

Knows: sample arguments, the judge, and the judge's own mistakes. Must not know: the gateway, the API; it sends nothing and
opens nothing. It bounds no time, so it runs in the operator's command and never in a gateway.
"""
