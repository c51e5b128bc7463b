"""docs/reference/log-events.md, of the calls of the log in the code: each event that a gateway writes, with what it means.

The code has the events, their levels and their attributes; their meaning is said here. An event without one is an error.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.reference.markdown import REPOSITORY, Unsaid, code, head, paragraph, sentence, table

FOLDERS = ("gateway", "sandbox", "registry")
LEVELS = ("critical", "exception", "error", "warning", "info")
#: A function of one module that is given its event.
GIVEN = "_tell"
#: The door, which is written in Go, and how it tells of something.
DOOR = REPOSITORY / "gateway/edge/door/program"
TOLD = re.compile(r'(\w+\.)?tell\("(\w+)", map\[string\]any\{([^}]*)\}')
EVENT = re.compile(r"[a-z]+(_[a-z]+)*")
#: Keywords of the log's own, and what explains rather than tells.
UNTOLD = {"exc_info"}

MEANINGS = {
    "call_refused": "A call was refused after it was admitted: by whom it was made, of which tool, and why",
    "call_ended": "A call that was made here has ended: who called what, how it ended, how long it took",
    "answer_not_compared": "An answer could not be held against its schema in the time that there is; it is passed on "
    "without that.",
    "answer_not_viewed": "What the tool's view shows of an answer could not be made in the time that there is. The call ends "
    "with `VIEW_FAILED`.",
    "attempt_failed": "An attempt ended by a defect of Callgate; the stack is beside it. The call gets "
    "`SandboxFailed`. Report it.",
    "box_not_made": "One box was not made; the pool tries again, with pauses. `no_boxes` follows where that goes on.",
    "box_not_removed_yet": "The engine did not remove a box; the gateway asks again until it is gone.",
    "box_tools_not_renewed": "The file of authorities for programs' boxes could not be written; the next such box tries it.",
    "artifact_deleted": "A caller has erased an artifact before it expired.",
    "artifact_kept": "An answer that was too large to be told, or that a view cuts, is an artifact: of which call, how large.",
    "artifact_put": "A caller has put a file there for calls.",
    "artifact_read": "A caller reads an artifact, from that byte on.",
    "boxes_again": "Boxes are made again after `no_boxes`. Nothing is to be done.",
    "boxes_left": "The gateway stopped before all of its boxes were removed. The next sweep on this host removes them.",
    "cannot_serve": "The gateway does not start. Do what the cure says, and start it again.",
    "catalog_owned_by_another": "`CALLGATE_CATALOG_OWNER` names another tenant than was written down. Unset it: the "
    "first word counts.",
    "catalog_unowned": "Toolsets of an earlier release have no owner. Set `CALLGATE_CATALOG_OWNER` once.",
    "certificate_read": "The gateway uses the certificate that it has just read.",
    "certificate_refused": "A renewed certificate cannot be used; the one before stays in use. Correct the files, and "
    "send SIGHUP.",
    "completion_of_no_record": "An end from the journal belongs to a call of which Redis has no record: it had "
    "expired, or was lost.",
    "completion_unreadable": "A file of the journal cannot be read. It stays where it is, for an operator to look at.",
    "credentials_available_again": "The gateway is logged in to Vault again.",
    "connection_ended": "A client sent so many frames of the kind `flood` that bring nothing forward that its connection was "
    "ended.",
    "connections_refused": "So many connections are open that another one was closed at once.",
    "credentials_unavailable": "The gateway's login to Vault has failed or ended: calls with a credential are "
    "refused. See the cure.",
    "door_ended": "A door's process ended, that of gRPC or that of MCP (`door`). The gateway starts it again; report what "
    "stands before this where it goes on.",
    "door_not_started": "A door (`door`) cannot be started. See the cure.",
    "not_before_others": "The gateway may not come first on a busy processor, so callers wait longer. See the cure.",
    "duty_defect": "Work without a call met a defect of Callgate; the stack is beside it. Report it.",
    "search_index_failed": "A tenant's tools could not be read for a search; the next search reads them again. Look at the "
    "error where it goes on.",
    "duty_failed": "Work without a call, such as removing what lost gateways left, failed and is done again later.",
    "fallback_refused": "The fallback that a manifest names cannot be called: its tool is gone, disabled or not permitted.",
    "heartbeat_missed": "The gateway could not prolong its hold of a call in time. Another gateway may take the call up.",
    "history_changed": "Redis is not known to have all that this gateway saw there. See the runbook of an open history.",
    "holder_lost": "A gateway died, or was cut off, during this call; this one sees to its end.",
    "id_lost": "A state directory has no id any more. See the cure.",
    "journal_failed": "An end could be written neither to Redis nor to the disk. Make room on the disk: the call may "
    "become `UNKNOWN`.",
    "logins_failed": "Tokens that no gateway knows came from this address, so often. A wrong token, or a stranger who guesses.",
    "loop_held": "One piece of work held up the gateway for so long; the stack says which. Report it: this is a defect.",
    "marks_lost": "What a gateway remembered of Redis' history is gone from its state directory. See the cure.",
    "marks_not_written": "How far Redis has come could not be written to the state directory. Make room, or mend the disk.",
    "new_primary_not_trusted": "Another server of Redis took over, and is not durable: nothing that acts begins. See the cure.",
    "new_primary_trusted": "Another server of Redis took over, and keeps what it acknowledges.",
    "no_boxes": "The engine makes no boxes; the cause is beside it, and the cure. Health says NOT_SERVING meanwhile.",
    "no_state_dir": "`CALLGATE_STATE_DIR` is not set: ends that Redis cannot take are lost where the gateway ends.",
    "not_done_yet": "A piece of work for one tenant failed, and is tried again.",
    "not_erased": "What was deleted stays in Redis' append-only file. See the cure.",
    "not_gone_on_with": "A call whose gateway was lost could not be taken up yet; it is tried again.",
    "exchange_not_kept": "What a call was asked and answered could not be kept; the call itself is recorded.",
    "not_kept": "An answer could not be put into a recording or the cache; the call itself is recorded.",
    "not_retired": "The gateway could not say goodbye in Redis while it stopped. Others find out within seconds.",
    "mcp_request_failed": "A request by MCP met a defect of its door; the stack is beside it. Report it.",
    "not_serving": "A part is wrong, and health says so. See the cure; no restart is needed.",
    "obligation_remains": "A token was not revoked, or a box not seen gone, yet; it is tried again.",
    "operator_file_unusable": "A file that a setting names is half written, or wrong. What it said before counts until it is "
    "correct.",
    "permission_not_kept": "A permission that Redis lacks could not be put back yet.",
    "permission_not_struck": "An ended call could not be struck from the permission log. It is struck later.",
    "permission_refused": "A request was not let go, since the gateway could not write its permission down. Nothing was sent.",
    "permissions_lost": "The permission log of a state directory is gone, or is no longer whole. See the cure.",
    "permissions_not_shortened": "The permission log could not be shortened and grows. Make room, or mend the disk.",
    "place_made_again": "The directory of the boxes' sockets was gone, and was made again. Find out what cleans it up.",
    "principal_added": "An operator has let a caller in.",
    "principal_unreadable": "An entry of a token in Redis is of another release, or damaged. Its caller is not let in.",
    "principals_file_refused": "The principals file is malformed; the entries that were read last stay in force. See the cure.",
    "principals_changed": "The tokens in Redis are others now: their ids are beside it.",
    "principals_file_read": "The principals file was read again, and says something else.",
    "principals_not_heard": "Redis does not say who may call: after 10 seconds only those of the file are let in.",
    "principals_revoked": "An operator has shut callers out.",
    "probe_not_asked": "A probe could not be called now; the outcome stays unknown, or the probe is asked again.",
    "probe_refused": "The probe that a manifest names cannot be called: its tool is gone, disabled or not permitted.",
    "record_put_back": "Redis lacked the record of a call that was let go, and has it again.",
    "renewed_secret_id_unreadable": "The kept `secret_id` cannot be read; the one in the operator's file is used.",
    "request_body_failed": "What a request sends could not be read, by a defect of Callgate; the stack is beside it. The call "
    "gets `SandboxFailed`, or the answer that came all the same. Report it.",
    "rest_not_kept": "What a view cut, or a stream that broke off, could not be kept as an artifact; the caller has a part.",
    "review_expired": "A review ended by the rule of `CALLGATE_REVIEW_DAYS`. The outcome stays what it was.",
    "revocations_lost": "Redis had forgotten that tokens were revoked; the gateway that remembers has said it again.",
    "rpc_failed": "A request met a defect of Callgate. The caller has the `error_id`; the stack is beside it. Report it.",
    "run_killed": "A run was stopped from outside, by `author`. No call of it begins any more; those that wait are cancelled.",
    "runner_image_made": "The image of the boxes' runner was built.",
    "runner_image_missing": "The image of the boxes' runner is not there; it is built again.",
    "secret_id_not_renewed": "Vault does not let the gateway renew its `secret_id`. See the cure.",
    "secret_id_renewed": "The gateway has renewed its `secret_id`, for so many seconds.",
    "serving": "The gateway takes calls.",
    "serving_again": "The part is well again.",
    "stopping": "The gateway was told to stop, and lets calls under way end.",
    "swept": "Boxes that lost gateways left on this host were removed.",
    "token_not_obtained": "A box obtained no token for a credential; the cause is beside it. The call was refused, or is tried "
    "again.",
    "connected": "A person has connected its subject, or its tenant, to a toolset's API: who, and which connection.",
    "disconnected": "A connection was taken away, by whom; whether the API's endpoint has revoked it, or why not.",
    "token_obtained": "A box has obtained the token of a credential, which is good for so many seconds.",
    "token_refusal_not_noted": "An upstream refused a token, and Redis could not be told so: it may be shown once more.",
    "tokens_refused_too_often": "An upstream refuses every token of a credential, so no more are obtained for a minute. Find "
    "out what it wants.",
    "token_ended": "A token was revoked, or has expired: its requests under way have ended.",
    "transition_not_recorded_yet": "Redis could not record a step of a call; the gateway tries until it can.",
    "unclaimed_token_left_to_expire": "A token that no box took could not be revoked. It ends by itself, within seconds.",
    "vault_not_tended": "`callgate up` could not renew its Vault's certificate, or turn its audit log. See the cure.",
    "vault_unavailable": "Vault did not answer at the start. Calls without a credential are served. See the cure.",
    "waiting_box_ended": "A box that waited ended by itself; another takes its place. Often: the host is short of memory.",
}


@dataclass(frozen=True, slots=True)
class Written:
    """One place that writes an event."""

    event: str
    level: str
    attributes: tuple[str, ...]
    module: str


def written() -> list[Written]:
    """Every place, ordered by event."""
    paths = (path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*.py"))
    found = [one for path in paths for one in _of(path)]
    found += [one for path in DOOR.glob("*.go") for one in _of_the_door(path)]
    return sorted(found, key=lambda one: (one.event, one.module))


def _of_the_door(path: Path) -> Iterator[Written]:
    """All that the door tells of are warnings, in the gateway's own log. What comes seldom tells how often it came."""
    for seldom, event, fields in TOLD.findall(path.read_text()):
        attributes = (*re.findall(r'"(\w+)":', fields), *(["times"] if seldom else []))
        yield Written(event, "warning", attributes, str(path.relative_to(REPOSITORY)))


def _of(path: Path) -> Iterator[Written]:
    for node in ast.walk(ast.parse(path.read_text())):
        level = _level_of(node)
        if level and isinstance(node, ast.Call) and node.args and (event := _event(node.args[0])):
            attributes = tuple(word.arg for word in node.keywords if word.arg and word.arg not in UNTOLD)
            yield Written(event, level, attributes, str(path.relative_to(REPOSITORY)))


def _event(argument: ast.expr) -> str:
    text = argument.value if isinstance(argument, ast.Constant) else ""
    return text if isinstance(text, str) and EVENT.fullmatch(text) else ""


def _level_of(node: ast.AST) -> str:
    """The level of `log.LEVEL(…)`, or of a call that is given its event; else nothing."""
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Name):
        return "info" if called.id == GIVEN else ""
    of_log = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "log"
    return called.attr if isinstance(called, ast.Attribute) and of_log and called.attr in LEVELS else ""


def page() -> str:
    text = (
        "A gateway writes its log to standard error, one JSON object a line: `event`, `level`, `timestamp`, and the "
        "attributes below. "
        "`cure` says what an operator does about it. No argument, result, token or secret is ever in it. The "
        "[runbook](../runbook.md) "
        "goes from symptoms to these."
    )
    parts = [head("Log events", "scripts/reference/log_events.py", ["gateway/", "sandbox/"], text)]
    parts += [_level(title, levels, told) for title, levels, told in _GROUPS]
    return "\n".join(parts)


_GROUPS = (
    ("Errors", ("critical", "exception", "error"), "An operator must look, or report a defect."),
    ("Warnings", ("warning",), "A promise is kept, with something in its way. Where one goes on, an operator must look."),
    ("Information", ("info",), "What happens in a day's work."),
)


def _level(title: str, levels: tuple[str, ...], told: str) -> str:
    found: dict[str, list[Written]] = {}
    for one in written():
        if one.level in levels:
            found.setdefault(one.event, []).append(one)
    rows = (_row(event, places) for event, places in found.items())
    return f"## {title}\n\n{paragraph(told)}\n\n{table(('Event', 'Attributes', 'Meaning', 'Where'), rows)}"


def _row(event: str, places: list[Written]) -> tuple[str, str, str, str]:
    if event not in MEANINGS:
        raise Unsaid(event)
    attributes = dict.fromkeys(name for place in places for name in place.attributes)
    modules = dict.fromkeys(place.module for place in places)
    return code(event), ", ".join(map(code, attributes)), sentence(MEANINGS[event]), ", ".join(map(code, modules))
