"""The keys of a tenant's records, in the order of the Functions' KEYS."""

#: The set of all tenants whose records must be looked after.
TENANTS = "cg:tenants"

#: What a tenant's transitions share.
SHARED = ("leases", "due", "obligations", "sequence", "audit", "lineage", "reviews", "ring")


def tenant_keys(tenant: str, id: str) -> list[str]:
    """The KEYS of every Function. The braces make Redis Cluster keep them together."""
    own = [f"cg:{{{tenant}}}:{kind}:{id}" for kind in ("record", "events")]
    return own + [f"cg:{{{tenant}}}:{kind}" for kind in SHARED]
