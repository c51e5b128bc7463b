"""Artifacts: large answers and files, kept for a while, each tenant's apart, within its quota.

Knows: where bytes are kept (a directory, or a service that speaks S3), and until when. Must not know: Redis, gRPC, boxes, who
may read what.
"""
