"""The keys of a tenant's records, in the order of the Functions' KEYS."""

#: The set of all tenants whose records must be looked after.
TENANTS = "cg:tenants"

#: What a tenant's transitions share.
SHARED = ("leases", "due", "obligations", "sequence", "audit", "lineage", "reviews", "ring")


def tenant_keys(tenant: str, id: str) -> list[str]:
    """The KEYS of every Function. The braces make Redis Cluster keep them together."""
    own = [f"cg:{{{tenant}}}:{kind}:{id}" for kind in ("record", "events")]
    return own + [f"cg:{{{tenant}}}:{kind}" for kind in SHARED]


#: What a tenant's runs share: those that are known; how many bytes each has; those whose calls are being stopped.
OF_RUNS = ("runs", "run-sizes", "run-stopping")


def claim_keys(tenant: str, run: str) -> list[str]:
    """Further KEYS of a claim of a call of that run; see `ledger.lua`."""
    return [f"cg:{{{tenant}}}:{kind}" for kind in (f"run:{run}", f"run-calls:{run}", "run-expiries")]


def run_keys(tenant: str, run: str) -> list[str]:
    """Further KEYS of the Functions that move a run; see `runs.lua`."""
    return claim_keys(tenant, run) + [f"cg:{{{tenant}}}:{kind}" for kind in OF_RUNS]
