"""What Callgate does and costs, measured on real parts: `make bench B=NAME`.

Each benchmark prints only figures to stdout, one JSON object a line; its log goes to stderr.

The map: `running` starts a benchmark and makes its exit status, `figures` computes and prints, `timing` measures.

`call_latency` compares one call with other ways to send the same request: `stack` starts what is measured, `subjects` measures
each; `echo_server` and `fastmcp_server` are processes of their own.

`specs` counts how many operations of real documents become tools: `spec_tally` takes a document through both libraries
(`callgate_tools`, `fastmcp_tools`) by one definition (`usable`), `spec_reasons` says why something failed, `spec_costs`
measures import and checks.

`sandbox` measures what single-use boxes cost: `one_gateway` starts what is measured, `single_use` has its caller and shows its
boxes, `engine_alone` measures the engine's own ceiling, `processor` the machine's time, `llm_cold` a peer; `empty_server` is
the upstream.

`adapters` and `doors` measure what stands before a call; `paced` has their clients, each a process that makes one call for each
line: `paced_client`, `paced_agent`, `paced_mcp`.

`leaks` kills gateways under load, again and again; `left` counts what they leave behind.

`ledger` measures the ledger's transitions, and replays of recorded outcomes.

`diff` compares Callgate's verdicts on changes with labels: `diff_edits` says what a labelled change is, `diff_cases`,
`diff_cases_of_answers` and `diff_cases_of_schemas` have them, and `diff_document` the one API that they change.

`catalog` measures what 20,000 tools cost a gateway; `catalog_reader` is the gateway's process.

`faults` is a room of its own: two gateways under injected faults.
"""
