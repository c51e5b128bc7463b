"""Defects, each put into the Functions by replacing one piece of their text. Every one must be noticed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    name: str
    old: str
    new: str

    def of(self, library: str) -> str:
        """The library with this defect. The old text must be there, once."""
        assert library.count(self.old) == 1, f"{self.name}: the text to replace is there {library.count(self.old)} times"
        return library.replace(self.old, self.new)


MUTATIONS = (
    Mutation("the fingerprint is not compared", "if get(K, 'fp') ~= fingerprint then", "if false then"),
    Mutation("any claim of an untouched record gets its hold", "and get(K, 'nonce') == nonce and number", "and number"),
    Mutation("a repeated claim gets a hold that is in use", "and number(K, 'n') == 1 then", "then"),
    Mutation(
        "a repeated claim is not recognised",
        "if state == 'PENDING' and get(K, 'nonce') == nonce",
        "if false and get(K, 'nonce')",
    ),
    Mutation(
        "a repeated claim does not prolong the lease",
        "    take_lease(K, id, lease)\n    return { 'NEW', number",
        "    return { 'NEW', number",
    ),
    Mutation(
        "any fence holds",
        "local function holds(K, fence) return number(K, 'fence') == tonumber(fence) end",
        "local function holds(K, fence) return true end",
    ),
    Mutation(
        "an older fence holds",
        "return number(K, 'fence') == tonumber(fence) end",
        "return number(K, 'fence') >= tonumber(fence) end",
    ),
    Mutation(
        "the fence does not move", "  set(K, 'fence', seq) --", "  if number(K, 'fence') == 0 then set(K, 'fence', seq) end --"
    ),
    Mutation(
        "dispatched from any state",
        "if get(K, 'st') ~= 'PENDING' or not holds(K, fence) or get(K, 'cx') then",
        "if not holds(K, fence) or get(K, 'cx') then",
    ),
    Mutation(
        "dispatched by any gateway",
        "if get(K, 'st') ~= 'PENDING' or not holds(K, fence) or get(K, 'cx') then",
        "if get(K, 'st') ~= 'PENDING' or get(K, 'cx') then",
    ),
    Mutation("dispatched though cancelled", "or not holds(K, fence) or get(K, 'cx') then", "or not holds(K, fence) then"),
    Mutation(
        "dispatched after the lease",
        "if now() >= number(K, 'lease') or now() >= number(K, 'deadline')",
        "if now() >= number(K, 'deadline')",
    ),
    Mutation("dispatched at the lease's end", "if now() >= number(K, 'lease') or", "if now() > number(K, 'lease') or"),
    Mutation(
        "dispatched after the deadline",
        "or now() >= number(K, 'deadline') then return { 'FENCED' } end",
        "then return { 'FENCED' } end",
    ),
    Mutation("dispatched twice", "if number(K, 'disp') > 0 and not repeatable(K) then", "if false then"),
    Mutation("a dispatch is not counted", "  add(K, 'disp', 1)\n", ""),
    Mutation("no box is owed", "  owe(K, id, obligation)\n  event(K, id, 'DISPATCHED'", "  event(K, id, 'DISPATCHED'"),
    Mutation("no token is owed", "  owe(K, id, obligation)\n  event(K, id, 'TOKEN_ISSUED'", "  event(K, id, 'TOKEN_ISSUED'"),
    Mutation("a heartbeat prolongs nothing", "  take_lease(K, A[1], tonumber(A[3]))\n", ""),
    Mutation(
        "a heartbeat from any gateway",
        "if not under_way(get(K, 'st')) or not holds(K, A[2]) then return { 'FENCED' } end\n  take_lease",
        "if not under_way(get(K, 'st')) then return { 'FENCED' } end\n  take_lease",
    ),
    Mutation("a heartbeat does not tell of the cancellation", "get(K, 'cx') or '0' }", "'0' }"),
    Mutation(
        "what was sent is retried",
        "if (state == 'DISPATCHED' or unasked) and not undone and not repeatable(K) then",
        "if unasked and not undone and not repeatable(K) then",
    ),
    Mutation(
        "what was sent unasked is retried",
        "if (state == 'DISPATCHED' or unasked) and not undone and not repeatable(K) then",
        "if state == 'DISPATCHED' and not undone and not repeatable(K) then",
    ),
    Mutation(
        "a retry does not tell of what was sent unasked",
        "  if unasked then let_go(K, id, A[2], number(K, 'att') + 1, A[6]) end\n",
        "",
    ),
    Mutation(
        "an end does not tell of what was sent unasked",
        "  if sent_unasked(state, A[8]) then let_go(K, id, fence, number(K, 'att') + 1, A[8]) end\n",
        "",
    ),
    Mutation(
        "an end tells a second time of what was sent",
        "local function sent_unasked(state, box) return state == 'PENDING' and box",
        "local function sent_unasked(state, box) return under_way(state) and box",
    ),
    Mutation(
        "an attempt that sent nothing is told of as sent",
        "state == 'PENDING' and box and box ~= '' end",
        "state == 'PENDING' and box end",
    ),
    Mutation("what was not done counts as dispatched", "  if undone then take_back(K) end\n", ""),
    Mutation("every retry counts as not done", "  if undone then take_back(K) end\n", "  take_back(K)\n"),
    Mutation(
        "what was not done takes back every dispatch",
        "add(K, 'disp', -1) end",
        "set(K, 'disp', 0) end",
    ),
    Mutation(
        "what was never let go takes back the dispatch before",
        "if get(K, 'st') ~= 'PENDING' and number(K, 'disp') > 0 then add",
        "if number(K, 'disp') > 0 then add",
    ),
    Mutation(
        "what was not done keeps its key",
        "if number(K, 'disp') == 0 and A[3] == 'FAILED' and A[7] ~= '1' then set",
        "if false then set",
    ),
    Mutation(
        "a key is free though an earlier attempt may have acted",
        "if number(K, 'disp') == 0 and A[3] == 'FAILED' and A[7]",
        "if A[3] == 'FAILED' and A[7]",
    ),
    Mutation(
        "a key is free after any end",
        "if number(K, 'disp') == 0 and A[3] == 'FAILED' and A[7] ~= '1' then set",
        "if number(K, 'disp') == 0 and A[7] ~= '1' then set",
    ),
    Mutation(
        "a key is free under review",
        "if number(K, 'disp') == 0 and A[3] == 'FAILED' and A[7] ~= '1' then set",
        "if number(K, 'disp') == 0 and A[3] == 'FAILED' then set",
    ),
    Mutation("every failure frees its key", "  if A[9] == '1' then\n", "  do\n"),
    Mutation("a claim is not told of its window", "window > 0 and window or -1 }", "-1 }"),
    Mutation("who sends a call again has it made anew", "get(K, 'free') and not is_sent_again(K, A)\n", "get(K, 'free')\n"),
    Mutation("every call with a token is the one on record", "return A[at + 1] == get(K, 'call') and", "return"),
    Mutation("other arguments are the call on record", "get(K, 'call') and get(K, 'fp') == A[2] end", "get(K, 'call') end"),
    Mutation("a settled record forgets which call left its key free", "not (name == 'call' and fields.free) then", "true then"),
    Mutation("a settled record keeps a token that no claim asks for", "(name == 'call' and fields.free)", "(name == 'call')"),
    Mutation("who was refused cannot send the call again", "  if A[10] == '1' then clear(K, 'call') end", ""),
    Mutation("a free key is not claimed", "  if not state or free then\n", "  if not state then\n"),
    Mutation(
        "a free key's history is gone on with",
        "if get(K, 'rest') then audit(K, id, kind) else event(K, id, kind) end",
        "event(K, id, kind)",
    ),
    Mutation("a free record is not cleared", "    if free then forget(K, id, 'REPLACED') end\n", ""),
    Mutation(
        "what is left of a claim's time is not told",
        "'NEW', fence, tonumber(A[5]), window",
        "'NEW', fence, tonumber(A[4]), window",
    ),
    Mutation(
        "a repeated claim gets all of its time again",
        "number(K, 'fence'), left(K) }",
        "number(K, 'fence'), tonumber(A[5]), -1 }",
    ),
    Mutation(
        "who resumes is not told of the window",
        "event(K, id, 'RESUMED')), left(K) }",
        "event(K, id, 'RESUMED')), (left(K)), -1 }",
    ),
    Mutation(
        "time that is over is negative",
        "return math.max(0, number(K, 'deadline') - now())",
        "return number(K, 'deadline') - now()",
    ),
    Mutation("a retry does not keep its attempt", "  keep_attempt(K, A[5])\n  wait_for_retry", "  wait_for_retry"),
    Mutation(
        "a retry leaves the fence to its holder",
        "  refence(K, event(K, id, 'RETRY_SCHEDULED', 'delay_ms', A[3], 'attempt', number(K, 'att')))",
        "  event(K, id, 'RETRY_SCHEDULED', 'delay_ms', A[3], 'attempt', number(K, 'att'))",
    ),
    Mutation(
        "what waits keeps its lease",
        "  set(K, 'st', 'RETRY_WAIT', 'nb', now() + delay, 'delay', delay)\n  drop_lease(K, id)\n",
        "  set(K, 'st', 'RETRY_WAIT', 'nb', now() + delay, 'delay', delay)\n",
    ),
    Mutation("what waits is never due", "  redis.call('ZADD', K[4], now() + delay, id)\n", ""),
    Mutation("resumed before it is due", "~= 'RETRY_WAIT' or not has_come(K, 'nb', 'delay') then", "~= 'RETRY_WAIT' then"),
    Mutation(
        "resumed before the lost box is gone",
        "if barrier and owes(K, id, barrier) and now() < number(K, 'deadline') then",
        "if false then",
    ),
    Mutation(
        "never resumed where the lost box stays",
        "and now() < number(K, 'deadline') then return { 'FENCED' } end\n  set",
        "then return { 'FENCED' } end\n  set",
    ),
    Mutation("resumed, and still due", "  redis.call('ZREM', K[4], id)\n  take_lease", "  take_lease"),
    Mutation(
        "resumed under the old fence",
        "return { 'NEW', refence(K, event(K, id, 'RESUMED')), left(K) }",
        "event(K, id, 'RESUMED') return { 'NEW', number(K, 'fence'), left(K) }",
    ),
    Mutation(
        "an end is recorded by any gateway",
        "if not late and not (under_way(state) and holds(K, fence)) then",
        "if not late and not under_way(state) then",
    ),
    Mutation(
        "an end is recorded over another",
        "if not late and not (under_way(state) and holds(K, fence)) then",
        "if not late and not holds(K, fence) then",
    ),
    Mutation(
        "the truth from any gateway, late",
        "local late = state == 'UNKNOWN' and get(K, 'df') == fence",
        "local late = state == 'UNKNOWN'",
    ),
    Mutation(
        "never too late for the truth",
        "local late = state == 'UNKNOWN' and get(K, 'df') == fence",
        "local late = get(K, 'df') == fence",
    ),
    Mutation("the truth is always too late", "local late = state == 'UNKNOWN' and get(K, 'df') == fence", "local late = false"),
    Mutation("a late word needs a lost attempt to replace", "if late and number(K, 'att') > 0 then set", "if late then set"),
    Mutation("the lost attempt is kept beside the true one", "if late and number(K, 'att') > 0 then set", "if false then set"),
    Mutation("late, anything is the truth", "get(K, 'df') == fence and A[5] ~= ''", "get(K, 'df') == fence"),
    Mutation(
        "a review of one attempt decides about the next", "if A[9] and number(K, 'att') ~= tonumber(A[9]) then", "if false then"
    ),
    Mutation(
        "an end that was said before is refused",
        "if ENDED[state] and entitled and get(K, 'outcome') == A[4] then",
        "if false then",
    ),
    Mutation(
        "any end is said to be recorded",
        "if ENDED[state] and entitled and get(K, 'outcome') == A[4] then",
        "if ENDED[state] and entitled then",
    ),
    Mutation("no person is asked about an UNKNOWN", "A[3] == 'UNKNOWN' or A[7] == '1')", "A[7] == '1')"),
    Mutation("a review that was asked for is not opened", "A[3] == 'UNKNOWN' or A[7] == '1')", "A[3] == 'UNKNOWN')"),
    Mutation(
        "what ended keeps its lease",
        "'outcome', outcome, 'ended', now())\n  drop_lease(K, id)\n",
        "'outcome', outcome, 'ended', now())\n",
    ),
    Mutation("what ended remains due", "  redis.call('ZREM', K[4], id)\n  if review", "  if review"),
    Mutation("the arguments stay after the end", "    clear(K, 'args')\n", ""),
    Mutation("what ended never expires", "  if not review then expire(K, retention) end\n", ""),
    Mutation("what is under review expires", "  if not review then expire(K, retention) end\n", "  expire(K, retention)\n"),
    Mutation("what still owes is settled", "or state == 'UNKNOWN' or number(K, 'owed') > 0 then", "or state == 'UNKNOWN' then"),
    Mutation("what is under way is settled", "if not ENDED[state] or state == 'UNKNOWN' or number", "if number"),
    Mutation("an UNKNOWN is settled", "or state == 'UNKNOWN' or number", "or number"),
    Mutation("what is under review is settled", "if (fields.ro and not fields.ra) or not fields.nonce", "if false"),
    Mutation("what has ended is never settled", "  if not ENDED[state] or state == 'UNKNOWN'", "  if true"),
    Mutation("a settled record loses what is read of it", "      if not OVER[name] then\n", "      if false then\n"),
    Mutation("a settled record loses its history", "  tell(rest, history(K))\n", "  tell(rest, '')\n"),
    Mutation(
        "a settled record's states are told of its first event only",
        "fields[4] == state and '' or fields[4]",
        "state ~= '' and '' or fields[4]",
    ),
    Mutation("what was told before is told by another number", "then return seen[text] end", "then return 1 end"),
    Mutation("the history of a settled record stays", "  redis.call('PEXPIRE', K[2], LINGER)\n", ""),
    Mutation("a settled record counts as one of version 1", " and not get(K, 'rest')\n", "\n"),
    Mutation("every record is kept as long", "  retention = get(K, 'keep') or retention\n", ""),
    Mutation("the history never expires", "  redis.call('PEXPIRE', K[2], retention)\n", ""),
    Mutation(
        "released after an attempt", "if number(K, 'att') > 0 or number(K, 'disp') > 0 then", "if number(K, 'disp') > 0 then"
    ),
    Mutation(
        "released by any gateway",
        "if get(K, 'st') ~= 'PENDING' or not holds(K, A[2]) then return { 'FENCED' } end\n  if number",
        "if get(K, 'st') ~= 'PENDING' then return { 'FENCED' } end\n  if number",
    ),
    Mutation(
        "released after dispatch",
        "if get(K, 'st') ~= 'PENDING' or not holds(K, A[2]) then return { 'FENCED' } end\n"
        "  if number(K, 'att') > 0 or number(K, 'disp') > 0 then",
        "if not under_way(get(K, 'st')) or not holds(K, A[2]) then return { 'FENCED' } end\n  if number(K, 'att') > 0 then",
    ),
    Mutation(
        "taken from its holder before the lease's end",
        "if not under_way(state) or not has_come(K, 'lease', 'span') then",
        "if not under_way(state) then",
    ),
    Mutation(
        "taken from its holder after its end",
        "if not under_way(state) or not has_come(K, 'lease', 'span') then",
        "if not has_come(K, 'lease', 'span') then",
    ),
    Mutation(
        "taken from its holder and forgotten after an attempt",
        "if state == 'PENDING' and number(K, 'att') == 0 then",
        "if state == 'PENDING' then",
    ),
    Mutation("taken from its holder without a barrier", "    set(K, 'barrier', get(K, 'box'))\n", ""),
    Mutation(
        "taken from its holder and retried, whatever it was",
        "if not repeatable(K) or exhausted or over then",
        "if exhausted or over then",
    ),
    Mutation(
        "taken from its holder and retried for ever",
        "if not repeatable(K) or exhausted or over then",
        "if not repeatable(K) or over then",
    ),
    Mutation(
        "taken from its holder and retried after the deadline",
        "if not repeatable(K) or exhausted or over then",
        "if not repeatable(K) or exhausted then",
    ),
    Mutation("out of time, and told of its attempts", "(over and A[6] or A[2])", "(A[2])"),
    Mutation("out of attempts, and told of its time", "(over and A[6] or A[2])", "(A[6])"),
    Mutation("taken from its holder as failed, whatever it was", "local known = repeatable(K)", "local known = true"),
    Mutation(
        "taken from its holder under the old fence", "refence(K, event(K, id, 'HOLDER_LOST'))", "event(K, id, 'HOLDER_LOST')"
    ),
    Mutation("the lost attempt is not kept", "    keep_attempt(K, A[4])\n", ""),
    Mutation(
        "cancelled while it is sent",
        "  if state == 'DISPATCHED' then\n    if not get(K, 'cx') then",
        "  if false then\n    if not get(K, 'cx') then",
    ),
    Mutation(
        "cancelled after its end",
        "if not state or ENDED[state] then return { 'NOOP' } end\n  if A[4]",
        "if not state then return { 'NOOP' } end\n  if A[4]",
    ),
    Mutation("cancelled with a view of before", "number(K, 'att') ~= tonumber(A[4]) or get(K, 'fb')", "get(K, 'fb')"),
    Mutation(
        "cancelled while another call is made in its place",
        "(number(K, 'att') ~= tonumber(A[4]) or get(K, 'fb'))",
        "number(K, 'att') ~= tonumber(A[4])",
    ),
    Mutation("another call is made in its place for ever", "  clear(K, 'fb')\n", ""),
    Mutation(
        "another call is made in the place of one that is cancelled", "if A[4] == '1' and not get(K, 'cx')", "if A[4] == '1'"
    ),
    Mutation("dropped, and who sends it again is told that", "  clear(K, 'call') -- who sends", "  -- who sends"),
    Mutation("dropped, and its key is not free", "  set(K, 'free', '2')\n", ""),
    Mutation(
        "dropped, and still held",
        "  refence(K, finish(K, id, 'FAILED', outcome",
        "  local _ = (finish(K, id, 'FAILED', outcome",
    ),
    Mutation("dropped, and not folded", "'HOLDER_LOST', false))\n  settle(K)\n", "'HOLDER_LOST', false))\n"),
    Mutation("cancelled, and still held", "refence(K, finish(K, id, 'CANCELLED'", "local _ = (finish(K, id, 'CANCELLED'"),
    Mutation("nothing comes while the clock is behind", "return left <= 0 or left > whole", "return left <= 0"),
    Mutation(
        "a span is not kept", "set(K, 'lease', now() + lease, 'span', lease)", "set(K, 'lease', now() + lease, 'span', 1)"
    ),
    Mutation("a delay is not kept", ", 'delay', delay)\n  drop", ", 'delay', 0)\n  drop"),
    Mutation(
        "a decision whose reply was lost is applied again",
        "if decision ~= '' and is_on_record(K, decision) then",
        "if false then",
    ),
    Mutation("a decision is forgotten", "  if decision ~= '' then set(K, 'rd', get", "  if false then set(K, 'rd', get"),
    Mutation(
        "of the decisions only the last is known",
        "get(K, 'rd') and get(K, 'rd') .. ' ' .. decision or decision)",
        "decision)",
    ),
    Mutation(
        "a part of a decision's name passes for it",
        "string.find(' ' .. (get(K, 'rd') or '') .. ' ', ' ' .. decision .. ' ', 1, true)",
        "string.find(get(K, 'rd') or '', decision, 1, true)",
    ),
    Mutation("a settled record forgets its decisions", "free = true, rd = true }", "free = true }"),
    Mutation(
        "the next call of a free key takes a repeated decision", "    if decisions then set(K, 'rd', decisions) end\n", ""
    ),
    Mutation(
        "a decision that is repeated while its attempt runs is told as an end",
        "ENDED[get(K, 'st')] and packed(K) or nil }",
        "packed(K) }",
    ),
    Mutation(
        "decided a second time",
        "if not get(K, 'ro') or get(K, 'ra') then return { 'CLOSED' } end\n  if A[9]",
        "if not get(K, 'ro') then return { 'CLOSED' } end\n  if A[9]",
    ),
    Mutation(
        "decided without a question",
        "if not get(K, 'ro') or get(K, 'ra') then return { 'CLOSED' } end\n  if A[9]",
        "if not get(K, 'st') then return { 'CLOSED' } end\n  if A[9]",
    ),
    Mutation(
        "decided while the box may act",
        "if box and owes(K, id, box) then return { 'BOX_THERE' } end -- it could still act after",
        "if false then return { 'BOX_THERE' } end -- it could still act after",
    ),
    Mutation("a review's retry may not be sent", "'disp', 0, 'max', number(K, 'att')", "'max', number(K, 'att')"),
    Mutation("a review's retry has no attempt left", "'max', number(K, 'att') + tonumber(A[8])", "'max', number(K, 'att')"),
    Mutation("a review's retry believes the attempt before", "clear(K, 'df', 'outcome'", "clear(K, 'outcome'"),
    Mutation("a decided review stays in the list", "  redis.call('ZREM', K[9], id)\n  wait_for_retry", "  wait_for_retry"),
    Mutation("a review expires before its time", "if now() - number(K, 'ro') < tonumber(A[2]) then", "if false then"),
    Mutation(
        "a review expires after its decision",
        "if not get(K, 'ro') or get(K, 'ra') then return { 'CLOSED' } end\n  if now() -",
        "if not get(K, 'ro') then return { 'CLOSED' } end\n  if now() -",
    ),
    Mutation(
        "a review expires while the box may act",
        "if box and owes(K, id, box) then return { 'BOX_THERE' } end -- it could still act when",
        "if false then return { 'BOX_THERE' } end -- it could still act when",
    ),
    Mutation(
        "a review expires without an author",
        "  set(K, 'ra', author, 'rr', reason)\n  clear(K, 'args', 'df')",
        "  clear(K, 'args', 'df')",
    ),
    Mutation("an expired review keeps its arguments", "clear(K, 'args', 'df') -- no", "clear(K, 'df') -- no"),
    Mutation("the truth comes after the review has expired", "clear(K, 'args', 'df') -- no", "clear(K, 'args') -- no"),
    Mutation(
        "an expired review stays in the list",
        "  redis.call('ZREM', K[9], id)\n  refence(K, event(K, id, 'REVIEW_EXPIRED'",
        "  refence(K, event(K, id, 'REVIEW_EXPIRED'",
    ),
    Mutation("a record whose review has expired never does", "  expire(K, A[5])\n", ""),
    Mutation(
        "a review expires silently",
        "  refence(K, event(K, id, 'REVIEW_EXPIRED', 'author', author, 'reason', reason))\n",
        "  refence(K, sequence(K))\n",
    ),
    Mutation(
        "whose word it was is not on record",
        "    event(K, id, A[3], 'obligation', obligation, unpack(A, 4))\n",
        "    event(K, id, A[3], 'obligation', obligation)\n",
    ),
    Mutation(
        "an obligation is never met",
        "if redis.call('ZREM', K[5], id .. ' ' .. obligation) == 0 then",
        "if redis.call('ZSCORE', K[5], id .. ' ' .. obligation) == false then",
    ),
    Mutation("what is met is still counted", "    add(K, 'owed', -1)\n", ""),
    Mutation(
        "repeated after its window",
        "return get(K, 'rep') == '1' and (till == 0 or now() < till)",
        "return get(K, 'rep') == '1'",
    ),
    Mutation(
        "an event is not in the audit log",
        "  return audit(K, id, kind, 'n', n, 'state', state, ...)",
        "  return redis.call('INCR', K[6])",
    ),
    Mutation(
        "an event is not in the history",
        "  redis.call('XADD', K[2], n .. '-0', 'time', now(), 'state', state, 'kind', kind, ...)\n",
        "",
    ),
)
