"""One document and the operator's header → a draft or a fault for each operation.

Knows: the Operation, Parameter, Request Body, Response, Server and Security Requirement Objects of OpenAPI, and how tools and
arguments get their names. Must not know: bytes, processes, earlier versions of a tool. A fault costs one operation or less,
never the document.
"""
