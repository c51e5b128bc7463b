"""What is believed of a box's result: no more than the broker has seen. The broker is the host's own, and the only way out.

result                                  the broker passed on        the broker passed on
                                        a part of a request         nothing of one
says that nothing was sent              not believed: SENT; but     NOT_SENT
                                        where no more than a TLS
                                        alert came back: NOT_SENT
says that something may have been sent  SENT                        SENT: the box may be slow, and its connection cut
has an answer to a request              RESPONDED; not believed     not believed: NOT_SENT
                                        where nothing came back
of a box that broke the protocol        SENT                        NOT_SENT

Where a bound of the job's egress was reached, that is the fault, whatever the runner reports: an answer without a length looks
complete wherever it is cut.
"""

from dataclasses import replace

from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Completed, Evidence, Faulted, Head, Result
from sandbox.egress.broker import Broker


def witnessed(result: Result, broker: Broker, *, violated: bool, permitted: bool = True, of_vault: bool = False) -> Result:
    """The result as far as it is believed, with what the broker, which is closed by now, has seen.

    `violated`: the box broke the protocol. `permitted`: whether the host had let the job go, where the host itself keeps that.
    `of_vault`: what the job asks for may lie in Vault, so that its answer needs no request to another server.
    """
    result = replace(result, usage=replace(result.usage, connections=broker.connections))
    if not violated and (lie := _lie(result, broker, of_vault=of_vault)):
        result, violated = Faulted(FaultCode.BOX_DIED, Evidence.SENT, f"the box is not believed: {lie}", result.usage), True
    if isinstance(result, Faulted) and violated:
        result = replace(result, evidence=Evidence.SENT if broker.carried else Evidence.NOT_SENT)
    if broker.exceeded:
        evidence = _evidence(result, permitted=permitted)
        message = f"the box used {broker.exceeded}"
        body = b"" if isinstance(result, Completed) else result.body  # what came of it, for a stream means something
        return Faulted(FaultCode.EGRESS_EXCEEDED, evidence, message, result.usage, head=_head(result), body=body)
    return result


def _lie(result: Result, broker: Broker, *, of_vault: bool) -> str:
    """What the broker knows better, in words. Empty where it does not."""
    if broker.carried and result.evidence is Evidence.NOT_SENT and not broker.turned_away:
        return "it says that nothing was sent, and the broker passed on a part of a request"
    if of_vault and not broker.carried:
        return ""
    if _head(result) is not None and not (broker.carried and broker.answered):
        return f"it has an answer, and the broker passed on nothing of {'one' if broker.carried else 'a request'}"
    return ""


def _head(result: Result) -> Head | None:
    return None if isinstance(result, Completed) else result.head


def _evidence(result: Result, *, permitted: bool) -> Evidence:
    if _head(result) is not None:
        return Evidence.RESPONDED
    return Evidence.SENT if permitted and result.evidence is not Evidence.NOT_SENT else Evidence.NOT_SENT
