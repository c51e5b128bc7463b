"""The ledger: what is remembered of an invocation, so that the same key never acts twice.

Knows: the record's states, its encoding, the disk of this host. Must not know: Redis.

`protocol` is what a ledger promises; `specification/` says what each transition does, and `memory_ledger` runs it; `codec`
encodes; `journal` keeps ends that the store could not take, `witness` and `permission_log` what it has been seen to have;
`stalled_leases` finds leases that no clock will end; `lost_attempts` is what is written for an attempt whose gateway is lost;
`disk` has the cures of disks.
"""
