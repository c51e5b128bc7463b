"""What clients connect to: a process of its own that speaks HTTP/2 with strangers, and passes requests on.

Knows: sockets, and the program in `program/`, which is Go. Must not know: what a request says.

`door` starts it, keeps it running and stops it; `listening` binds what it listens on; `peers` tells who a request came from;
`certificates` are renewed under way. Why it is there: decision 23.
"""
