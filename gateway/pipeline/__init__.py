"""One call, from its arrival to its recorded outcome. Read `invoker` first.

Knows: tool versions, grants, the ledger, credentials and boxes as interfaces. Must not know: gRPC, Redis, Vault, Docker.

In the order in which a call passes them:

    calls_in_flight      a task for each call, which outlives its RPC; `recent_outcomes` answers a repetition from memory
    call_admission       whether the call may begin: by what its tenant has under way, and how long its box would take
    invoker              the pipeline: resolve, authorize, validate (`prepared_request`), claim, reserve, approve
    replay_and_cache     an answer without a call: from a recording, or from the cache
    settlement           attempts, then the probe; `fallback_and_probe` makes their calls, `reserve_keys` the keys of these
    attempt_loop         attempts, then the fallback; `heartbeat` keeps the lease meanwhile
    attempt              one try in one box: `attempt_log` notes it, `job_builder` makes its job, `result_check` judges it
    attempt_record       writes it, with what follows it; `until_stored` repeats a transition while the store is away
    obligations          after the answer: revoke the token, see the box gone

`call` and `execution` are the values; `reviews` is what a person sees and decides, `hosts` and `principals` what an operator
does. `known_tokens` tells which tokens are valid now.
"""
