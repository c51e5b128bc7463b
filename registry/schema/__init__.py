"""Schemas of one document → JSON Schemas that stand alone; and what can be done with such a schema.

Knows: OpenAPI's dialects of JSON Schema, `$ref` and `$defs`, validators, sample values, the forms that model providers take.
Must not know: operations, parameters, requests; which argument a schema is for.
"""
