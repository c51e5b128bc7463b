"""What an operator does about faults that end a first call: their cures are commands, which the gateway's message lacks."""

from callgate import FaultCode, Outcome, Result, SandboxFailed, ToolFailed

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
    FaultCode.VIEW_FAILED: (
        "The operator corrects the tool's `view` in the manifest, or leaves its projection out, so that callers get the answer "
        "as it comes: `callgate toolset apply MANIFEST`, and `callgate toolset promote` where the new version waits."
    ),
    FaultCode.UPSTREAM_UNREACHABLE: "See that the upstream runs at the address that the message names, then call again.",
}

#: By the upstream's status.
_CURES_OF_STATUS = {
    401: (
        "The upstream got no secret, or another one than it knows. Where `callgate tools show` says needs_credential: false, "
        "the operator imports the toolset again with --credential SCHEME=PATH#FIELD, or `credentials` in its manifest; else "
        "`callgate secret set PATH FIELD` stores the right one."
    ),
}

#: How a box says of a server that no authority which it believes has signed its certificate.
_UNKNOWN_AUTHORITY = "certificate signed by unknown authority"
_CURE_OF_AUTHORITY = (
    "Where the certificate is a company's or a server's own, the operator names the file (PEM) of its authority by "
    "CALLGATE_CA_FILE when the gateway is started: docs/egress.md."
)

#: How AWS says, beside a 403, that a signature is of another time than its own: S3, and most other services.
_LATE = ("RequestTimeTooSkewed", "Signature expired", "Signature not yet current", "RequestExpired")
_CURE_OF_CLOCK = (
    "The request was signed by the clock of the gateway's host, and the upstream's is minutes away from it: see that the host "
    "asks a time server (`timedatectl`), then call again."
)


def cure_of(outcome: Outcome | None) -> str:
    """Empty where there is none."""
    match outcome:
        case ToolFailed(http_status=403, result=Result() as result) if any(word in result.text for word in _LATE):
            return _CURE_OF_CLOCK
        case ToolFailed(fault=FaultCode.UPSTREAM_UNREACHABLE, message=message) if _UNKNOWN_AUTHORITY in message:
            return _CURE_OF_AUTHORITY
        case ToolFailed(http_status=status) if status in _CURES_OF_STATUS:
            return _CURES_OF_STATUS[status]
        case ToolFailed(fault=fault) | SandboxFailed(fault=fault):
            return _CURES.get(fault, "")
    return ""
