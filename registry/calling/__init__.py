"""One call of a tool version: arguments → a request without its secret; an answer → whether it fits what was promised.

Knows: how arguments are read and checked, OpenAPI's parameter styles, media types of bodies, links, and what is redacted. Must
not know: documents, the catalog, secrets, connections. An argument stays data: it cannot change the request around it.
"""
