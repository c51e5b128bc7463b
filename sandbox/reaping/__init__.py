"""A gateway's place on its host, and what is left when it dies: how that is known, and how its boxes and directories are
removed.

Knows: the locks by which gateways show that they live, the box registry that all gateways share, the labels of containers. Must
not know: the pool, what runs in a box, which store the registry is kept in.
"""
