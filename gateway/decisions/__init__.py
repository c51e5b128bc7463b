"""What is decided about a call: pure, or nearly, so that each rule can be read and tested by itself.

Knows: values of the gateway, of the registry and of the sandbox. Must not know: where anything is stored or sent.

    policy, budget, approvals        whether the call may be made
    return_times                     when a refused caller is to come back
    tenant_rules                     whether an import may name a secret, and who may promote it
    ceilings                         what of a manifest is beyond what an operator allows
    retention, key_reuse             for how long a key is known; what is told who uses it for another call
    circuit_breaker                  which upstream is left alone for a while
    result_policy, program_result    what one result permits
    next_step                        what follows it, with `history`, `retry`, `retry_budget`, `retry_after`
    endings                          how a call ends without a result
    upstream_idempotency             what makes an upstream recognise a repetition, and for how long
    review_report                    what a reviewer is told
    hidden_texts                     what of an answer is not kept, since the arguments hide it
"""
