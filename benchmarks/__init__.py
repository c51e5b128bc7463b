"""What Callgate does and costs, measured on real parts: `make bench B=NAME`.

Each benchmark prints nothing but figures on stdout, one JSON object a line; what it does meanwhile goes to stderr.

The map: `call_latency` is the story; `stack` starts what is measured, `subjects` are the things measured, `figures` prints;
`echo_server` and `fastmcp_server` are processes of their own.

`specs` counts what becomes of real documents: `spec_tally` takes one through both libraries (`callgate_tools`, `fastmcp_tools`)
by one definition (`usable`), `spec_reasons` says why something failed, `spec_costs` measures import and checks.

`sandbox` is what single-use boxes cost: `one_gateway` starts what is measured, `single_use` is a caller of it and a look at its
boxes, `engine_alone` the ceiling that the engine sets, `processor` the machine's time, `llm_cold` a peer; `empty_server`
is the upstream.

`leaks` kills gateways under load, again and again; `left` counts what is left of them.

`diff` holds our comparison of versions to the labels of `diff_cases`, changes of the one API in `diff_document`.

`catalog` is what 20,000 tools cost a gateway; `catalog_reader` is its process.
"""
