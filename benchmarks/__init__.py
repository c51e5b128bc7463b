"""What calls cost, measured on real parts: `make bench B=call_latency`.

Each benchmark prints nothing but figures on stdout, one JSON object a line; what it does meanwhile goes to stderr.

The map: `call_latency` is the story; `stack` starts what is measured, `subjects` are the things measured, `figures` prints;
`echo_server` and `fastmcp_server` are processes of their own.
"""
