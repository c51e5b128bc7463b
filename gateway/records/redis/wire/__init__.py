"""How the store reaches its server: which one it is, the login, the connections, and what a failure means. Only here is redis
imported.

Knows: the client library, Sentinel, TLS, Redis' error replies. Must not know: keys, Functions, what a command is for.

`login` reads what is secret, `sentinels` find the primary, `connections` lead to it; `failure_rows` are the tables from what
went wrong to what an operator does about it, `failures` finds the row, and `lateness` tells a gateway that is late from a Redis
that is silent.
"""
