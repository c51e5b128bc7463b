"""The gRPC services, behind the door.

Knows: gRPC, the generated code, the pipeline. Must not know: what is behind the pipeline's interfaces.

`server` serves; `authentication` tells who calls, and `failed_logins` who tries; `admission` and `shares` let in, and
`fair_turns` one after another; `heartbeats` keep a quiet stream from being cut;
`boundary` is the one place where every exception ends, and `status` its table of statuses; `wrapping` is what interceptors
make; each service has a file, and one for its conversions (`…_wire`); `latest_progress` serves a slow listener; `paging`
and `paced` are of lists.
"""
