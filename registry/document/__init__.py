"""Bytes of a document → one document of OpenAPI 3.0 to 3.2, of JSON's types only and within limits.

Knows: JSON, YAML, UTF-8, how large and deep a document may be, Swagger 2.0, and how many documents become one. Must not know:
operations, tools, what a keyword of a schema means. Opens nothing: `bundling` asks its caller for each document.
"""
