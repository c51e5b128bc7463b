"""Small JSON texts, made smaller: what the ledger keeps of a call is mostly names that every call has.

A packed text is deflated (RFC 1951) with a dictionary of those names, and is a third of its length. What cannot gain by it, or
would hold up a gateway, stays JSON as it is: the first byte tells. A dictionary never changes, since its records could not be
read then: another one gets another first byte.
"""

import zlib

#: Bytes of a text that is worth it: longer ones are what an attempt tells of very many connections.
LONGEST = 1 << 16

_FIRST = b"\x01"
_WINDOW, _MEMORY = -12, 5  # 4 kB, without a header: the dictionary and a text

#: What is most frequent stands last.
_DICTIONARY = (
    b'{"tenant":"","agent":"","subject":""}'
    b'"review""cache""recording:""fallback:""probe:""PURE""IDEMPOTENT""KEYED"UPSTREAM_BROKE HOLDER_LOST HTTP_STATUS TIMED_OUT'
    b'"TOOL_FAILED""LIMIT_EXCEEDED""SANDBOX_FAILED""CANCELLED""UNKNOWN"The upstream answered with HTTP status text/plain'
    b'{"tool":"","version":"@1.0.0","digest":"sha256:","effect":"READ","run_id":"","traceparent":"00-'
    b'-01","timeout":60.0,"max_attempts":3,"repeatable_for":null,"parent":"","recording":""}'
    b'{"tool":"","version":"@1.0.0","digest":"sha256:","effect":"NON_IDEMPOTENT","run_id":"","traceparent":"","timeout":'
    b'{"verdict":"SUCCEEDED","answer":{"http_status":200,"content_type":"application/json","matches_schema":null,"links":[]},'
    b'"fault":null,"message":"","effect_possible":true,"source":"","http_status":0,"retry_after":null,"not_done":false}'
    b'{"verdict":"SUCCEEDED","answer":{"http_status":201,"content_type":"application/json","matches_schema":true,"links":[]},'
    b'"fault":null,"message":"","effect_possible":false,"source":"","http_status":0,"retry_after":null,"not_done":false}'
    b'{"number":1,"box":"cg-","accessor":"","evidence":"NOT_SENT","http_status":0,"fault":"SENT"'
    b'{"number":1,"box":"cg-","accessor":"","evidence":"RESPONDED","http_status":200,"fault":null,"bytes_out":1,"bytes_in":1,'
    b'"connections":[{"host":"127.0.0.1","port":8200,"address":"127.0.0.1","verdict":"open","bytes_out":1,"bytes_in":1},'
    b'{"host":"","port":443,"address":"","verdict":"open","bytes_out":2,"bytes_in":2}],"phases":[{"name":"lease","offset":0.0,'
    b'"duration":0.000},{"name":"credential","offset":0.000,"duration":0.00},{"name":"secret","offset":0.00,"duration":0.00},'
    b'{"name":"connect","offset":0.00,"duration":0.00},{"name":"permission","offset":0.00,"duration":0.00},'
    b'{"name":"exchange","offset":0.0,"duration":0.0}],"started":17,"duration":0.0}'
)


def pack(text: bytes) -> bytes:
    """A JSON text, packed where that is of use."""
    if len(text) > LONGEST:
        return text
    deflate = zlib.compressobj(
        zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY
    )
    return _FIRST + deflate.compress(text) + deflate.flush()


def is_packed(text: bytes) -> bool:
    """Whether something may stand behind it."""
    return text[:1] == _FIRST


def unpack(packed: bytes) -> bytes:
    """The JSON text. Raises ValueError for what is none, and was not packed here."""
    return unpack_first(packed)[0]


def unpack_first(packed: bytes) -> tuple[bytes, bytes]:
    """The JSON text, and what stands behind it where it is packed: a gateway of an older release does not look there."""
    if packed[:1] != _FIRST:
        return packed, b""
    try:
        inflate = zlib.decompressobj(_WINDOW, _DICTIONARY)
        return inflate.decompress(packed[1:]), inflate.unused_data
    except zlib.error as error:
        raise ValueError("the packed text is damaged, or of another release") from error
