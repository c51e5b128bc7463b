"""To start a stack by `callgate up`."""

from tests.cli.mistakes.mistake import Mistake, Needs, document

_TOOLS = "-- env CALLGATE_HOME=$OWN callgate tools"
_NONE = "No tool: your tenant has imported none"
_HERE = "--home $OWN --listen 127.0.0.1:$PORT --pool-size 1"

STARTING = (
    Mistake(
        what="a port for an address to listen on",
        needs=Needs.OWN,
        does="callgate up --home $OWN --listen $PORT",
        code=2,
        cure=r"write (?P<address>127\.0\.0\.1:\d+)",
        follows=f"until-ready callgate up --home $OWN --listen $address --pool-size 1 {_TOOLS}",
        works=_NONE,
    ),
    Mistake(
        what="a port that another program listens on",
        needs=Needs.OWN,
        does='callgate up --home $OWN --listen "${SITE#http://}"',
        code=1,
        cure=r"listen elsewhere, such as by (?P<cure>--listen 127\.0\.0\.1:\d+)",
        follows=f"until-ready callgate up --home $OWN $cure --pool-size 1 {_TOOLS}",
        works=_NONE,
    ),
    Mistake(
        what="DOCKER_HOST names an engine that Callgate is not told of",
        needs=Needs.OWN,
        does=f"env -u CALLGATE_DOCKER_SOCKET DOCKER_HOST=unix://$ENGINE callgate up {_HERE}",
        code=1,
        cure=r"Say which engine is meant: (?P<cure>CALLGATE_DOCKER_SOCKET=\S+) or",
        follows=f"env DOCKER_HOST=unix://$ENGINE $cure until-ready callgate up {_HERE} {_TOOLS}",
        works=_NONE,
    ),
    Mistake(
        what="a misspelt setting",
        needs=Needs.OWN,
        does=f"CALLGATE_POOLSIZE=1 callgate up {_HERE}",
        code=1,
        cure=r"is told CALLGATE_POOL_SIZE by (?P<option>--pool-size)",
        follows=f"until-ready callgate up --home $OWN --listen 127.0.0.1:$PORT $option 1 {_TOOLS}",
        works=_NONE,
    ),
    Mistake(
        what="telemetry by a protocol that the gateway does not speak",
        needs=Needs.OWN,
        does=f"OTEL_EXPORTER_OTLP_ENDPOINT=$SITE OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf callgate up {_HERE}",
        code=1,
        cure=r"Set (?P<cure>OTEL_EXPORTER_OTLP_PROTOCOL=grpc)",
        follows=f"env OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 $cure until-ready callgate up {_HERE} {_TOOLS}",
        works=_NONE,
    ),
    Mistake(
        what="`up` in the home of a stack that runs",
        does="callgate up --home $CALLGATE_HOME",
        code=1,
        cure=r"Use the one that runs: `(?P<cure>CALLGATE_HOME=\S+ callgate tools)`",
        follows="env -u CALLGATE_ADDRESS -u CALLGATE_TOKEN_FILE $cure",
        works="read_home",
    ),
    Mistake(
        what="an upstream on this machine that the gateway was not told to allow",
        needs=Needs.OWN,
        files={"api.yaml": document("read_echo")},
        does=f"until-ready callgate up {_HERE} -- sh -c 'export CALLGATE_HOME=$OWN; "
        "callgate toolset import api.yaml --name site --server $SITE && callgate call read_echo'",
        code=1,
        cure=r"`(?P<cure>callgate up --allow-private) CIDR`, such as (?P<network>[\d./]+),",
        follows=f"until-ready $cure $network {_HERE} -- env CALLGATE_HOME=$OWN callgate call read_echo",
        works="succeeded with HTTP status 200",
    ),
)
