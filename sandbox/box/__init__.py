"""One box, as its gateway sees it: a directory with two sockets, the connection to its runner, and the one job that it does.

Knows: the frames that a gateway and a runner exchange, the order in which they do, the job's time, and what each ending proves
about what was sent. Must not know: how a container is made or removed, how many boxes there are, tools, policies, gRPC.

`box` leases and runs; a `request_session` or a `program_session`, within its `session_limits`, speaks `frames` over the
`runner_connection`. `reports` reads what the runner says of its job, and `witnessed` believes no more than the broker saw.
"""
