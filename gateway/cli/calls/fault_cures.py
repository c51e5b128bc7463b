"""What an operator does about faults that end a first call: their cures are commands, which the gateway's message lacks."""

from callgate import FaultCode, Outcome, SandboxFailed, ToolFailed

_CURES = {
    FaultCode.EGRESS_DENIED: (
        "Where the operator means it to be reached, the gateway is started with that network: `callgate up --allow-private "
        "CIDR`, such as 127.0.0.1/32, or CALLGATE_PRIVATE_NETWORKS."
    ),
    FaultCode.SECRET_UNAVAILABLE: (
        "Where the secret is not stored, or has another field, the operator stores it: `callgate secret set PATH FIELD`. "
        "`callgate doctor` looks at Vault."
    ),
    FaultCode.ANSWER_UNDECODABLE: (
        "The box asks for no coding (`Accept-Encoding: identity`): see why the upstream, or what stands before it, codes its "
        "answers all the same. gzip and deflate are decoded."
    ),
    FaultCode.UPSTREAM_UNREACHABLE: "See that the upstream runs at the address that the message names, then call again.",
}


def cure_of(outcome: Outcome | None) -> str:
    """Empty where there is none."""
    match outcome:
        case ToolFailed(fault=fault) | SandboxFailed(fault=fault):
            return _CURES.get(fault, "")
    return ""
