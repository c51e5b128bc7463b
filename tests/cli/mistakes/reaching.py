"""To reach the gateway: its address, and the caller's token."""

from tests.cli.mistakes.mistake import Mistake, Needs

_HINT = r"export (?P<cure>CALLGATE_ADDRESS=\S+)"
_CALLER = "--tenant local --agent clerk --subject jo --tool '*'"

REACHING = (
    Mistake(
        what="no gateway runs",
        needs=Needs.OWN,
        does="CALLGATE_ADDRESS=127.0.0.1:$PORT CALLGATE_TOKEN=of-no-gateway callgate tools",
        code=3,
        cure=r"Start the gateway with `(?P<cure>callgate up)`",
        follows="until-ready $cure --home $OWN --listen 127.0.0.1:$PORT --pool-size 1 -- env CALLGATE_HOME=$OWN callgate tools",
        works="No tool: your tenant has imported none",
    ),
    Mistake(
        what="the wrong port",
        does="CALLGATE_ADDRESS=127.0.0.1:$PORT callgate tools",
        code=3,
        cure=_HINT,
        follows="env $cure callgate tools",
        works="read_home",
    ),
    Mistake(
        what="an address without a port",
        does="CALLGATE_ADDRESS=127.0.0.1 callgate tools",
        code=2,
        cure=_HINT,
        follows="env $cure callgate tools",
        works="read_home",
    ),
    Mistake(
        what="a URL for an address",
        does="CALLGATE_ADDRESS=http://$CALLGATE_ADDRESS callgate tools",
        code=2,
        cure=r"Write (?P<address>\S+)\. ",
        follows="CALLGATE_ADDRESS=$address callgate tools",
        works="read_home",
    ),
    Mistake(
        what="no token",
        does="env -u CALLGATE_TOKEN_FILE -u CALLGATE_HOME callgate tools",
        code=2,
        cure=r"Set CALLGATE_TOKEN or (?P<variable>CALLGATE_TOKEN_FILE)",
        follows='env -u CALLGATE_HOME "$variable=$CALLGATE_TOKEN_FILE" callgate tools',
        works="read_home",
    ),
    Mistake(
        what="the token of another gateway",
        does="CALLGATE_TOKEN=of-another-gateway callgate tools",
        code=3,
        cure=r"the file that (?P<variable>CALLGATE_TOKEN_FILE) names",
        follows='env "$variable=$CALLGATE_HOME/token" callgate tools',
        works="read_home",
    ),
    Mistake(
        what="a token that has expired",
        before=f"callgate principal add {_CALLER} --expires $(date -u -d '+8 seconds' +%FT%T) >token; "
        "CALLGATE_TOKEN_FILE=token callgate tools",
        does="export CALLGATE_TOKEN_FILE=token; while callgate tools >said 2>&1; do :; done; callgate tools",
        code=3,
        cure=r"An operator makes one by `(?P<cure>callgate principal add)`",
        follows=f"$cure {_CALLER} >token; CALLGATE_TOKEN_FILE=token callgate tools",
        works="read_home",
    ),
)
