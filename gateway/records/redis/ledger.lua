#!lua name=callgate_v3
-- The ledger's transitions. One Function is one atomic step on the keys of one tenant, which share the hash tag {tenant}.
-- gateway/records/ledger/specification says in Python what each of them does; tests/gateway/records/ledger/specification
-- holds the two to each other. docs/ledger.md has each field, with its meaning and its lifetime.
--
-- KEYS  1 record       HASH    state st, fingerprint fp, nonce, fence, dispatching fence df, attempts att, dispatches disp,
--                              max, lease and its span, deadline, not-before nb and its delay, cancel flag cx, repeatable rep
--                              and until when (0: always), whether it acts (acts), the box last dispatched, the barrier before
--                              the next attempt, events n, obligations owed o:NAME and their number owed, a:1 a:2 … the
--                              attempts, review opened ro, its author ra and reason rr, the decisions rd so far, and what the
--                              gateway put there at the claim: principal, may_call, request, args; free where the key may be
--                              claimed again (2: no attempt was begun); whether another call is made in an attempt's place, fb;
--                              call, the token of the caller's one call; and for how many milliseconds it is kept after its
--                              end: keep. Of a settled record (see settle) all but st, fp, fence, df, outcome, free, rd, and
--                              call of a free one are in rest, with its history
--       2 events       STREAM  the record's history, ids 1-0, 2-0, … without gaps
--       3 leases       ZSET    id → when its holder counts as lost
--       4 due          ZSET    id → when the next attempt may start
--       5 obligations  ZSET    "id kind:name" → when it arose
--       6 sequence     INT     the number of the tenant's last event; never reset, never expires; every fence is one of them
--       7 audit        STREAM  every event of the tenant with its number seq, the newest 100,000
--       8 lineage      HASH    which history this is: primary (the server's replication id), epoch, last, start, base, open, since,
--                              ack (only an operator can settle it), empty (the store knew nothing), and g:GATEWAY, the epoch
--                              for which each has shown
--       9 reviews      ZSET    id → when its review was opened
--      10 ring         STRING  8 bytes an event: the nonces of the newest 8,192, each at its number modulo that
--      only for a claim of a call of a run (runs.lua has what else is done with runs):
--      11 run          HASH    the run, where its caller has started one of this name
--      12 calls        ZSET    id → the number of its claim, or a later fence, the newest 10,000 of the run
--      13 expiries     ZSET    of all runs of the tenant: the run's id → when it is forgotten
-- ARGV  1 gateway ('' where the caller is none), 2 number, 3 nonce and 4 epoch of the last event that it has seen, 5 the nonce of
--       this step's events, 6 id; then as each function says. Functions see them from the id on.
--       Times are milliseconds of Redis' own clock; durations are relative.
--
-- Every reply is { status, sequence, its nonce, epoch, history, base, … }: history is '' where it is settled; 'open' while nothing
-- that acts moves, 'ack' until an operator acknowledges it; 'show' where the gateway has to put back what it permitted beyond base.
-- FENCED is answered where the calling gateway does not hold the record, or the record's state forbids the step; nothing has changed
-- then. QUARANTINED: the history is open.

local ENDED = { SUCCEEDED = true, FAILED = true, CANCELLED = true, UNKNOWN = true }
local RING = 8192
local LEAP = 128 * RING -- greater than any number of events that another gateway may have seen, and this one has not
local GRACE = 2000

-- Of the step that runs: the nonce of its events, the last one's number, its moment, what is known of the record, and whether
-- that is all of it.
local step_nonce, last_told, moment, known, whole

-- What most steps ask the record for. Each question on its own costs as much as all of these at once.
local ASKED_OFTEN = { 'st', 'fence', 'df', 'rep', 'until', 'acts', 'n', 'disp', 'lease', 'deadline' }

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function now()
  moment = moment or clock()
  return moment
end

local function recall(K)
  local found = redis.call('HMGET', K[1], unpack(ASKED_OFTEN))
  for at, field in ipairs(ASKED_OFTEN) do known[field] = found[at] end
end

-- For a step that answers with the record.
local function recall_all(K)
  local found = redis.call('HGETALL', K[1])
  for at = 1, #found, 2 do known[found[at]] = found[at + 1] end
  whole = true
end

local function get(K, field)
  if known[field] == nil and not whole then known[field] = redis.call('HGET', K[1], field) end
  return known[field]
end

-- A whole number, as Redis writes it.
local function written(value) return type(value) == 'string' and value or string.format('%.0f', value) end

local function set(K, ...)
  redis.call('HSET', K[1], ...)
  for at = 1, select('#', ...), 2 do
    local field, value = select(at, ...)
    known[field] = written(value)
  end
end

local function clear(K, ...)
  redis.call('HDEL', K[1], ...)
  for at = 1, select('#', ...) do known[select(at, ...)] = false end
end

local function add(K, field, by)
  local sum = redis.call('HINCRBY', K[1], field, by)
  known[field] = written(sum)
  return sum
end

local function number(K, field) return tonumber(get(K, field) or '0') end
local function sequence(K) return tonumber(redis.call('GET', K[6]) or '0') end

local function audit(K, id, kind, ...)
  local seq = redis.call('INCR', K[6])
  last_told = seq
  redis.call('SETRANGE', K[10], seq % RING * 8, step_nonce)
  redis.call('XADD', K[7], 'MAXLEN', '~', 100000, '*', 'seq', seq, 'id', id, 'kind', kind, ...)
  return seq
end

-- One fact, in the record's history and in the tenant's audit log, in the step that makes it true. Answers its number.
local function event(K, id, kind, ...)
  local n, state = add(K, 'n', 1), get(K, 'st')
  redis.call('XADD', K[2], n .. '-0', 'time', now(), 'state', state, 'kind', kind, ...)
  return audit(K, id, kind, 'n', n, 'state', state, ...)
end

local function refence(K, seq)
  set(K, 'fence', seq) -- every earlier holder has lost the record
  return seq
end

local function holds(K, fence) return number(K, 'fence') == tonumber(fence) end
local function under_way(state) return state == 'PENDING' or state == 'DISPATCHED' end
local function owes(K, id, obligation) return redis.call('ZSCORE', K[5], id .. ' ' .. obligation) end

local function is_on_record(K, decision)
  return string.find(' ' .. (get(K, 'rd') or '') .. ' ', ' ' .. decision .. ' ', 1, true)
end

local function repeatable(K)
  local till = number(K, 'until')
  return get(K, 'rep') == '1' and (till == 0 or now() < till)
end

local function acts(K) return get(K, 'acts') ~= '0' end -- version 2 has not written it
-- The record as it stands. Packed, it is one value of the reply, and who only remembers it need not take it apart.
local function packed(K)
  if not whole then return cmsgpack.pack(redis.call('HGETALL', K[1])) end
  local flat, n = {}, 0
  for field, value in pairs(known) do
    if value then flat[n + 1], flat[n + 2], n = field, value, n + 2 end
  end
  return cmsgpack.pack(flat)
end

-- What is left until the deadline, and until a KEYED call's window ends (-1: there is none). One clock decides, and this is it.
local function left(K)
  local till = number(K, 'until')
  return math.max(0, number(K, 'deadline') - now()), till > 0 and math.max(0, till - now()) or -1
end

-- Whether a moment has come that was `span` away when it was set. Where it is farther away than that, the clock has gone back.
local function has_come(K, moment, span)
  local left, whole = number(K, moment) - now(), tonumber(get(K, span) or 'inf') -- version 1 has not kept the span
  return left <= 0 or left > whole
end

local function take_lease(K, id, lease)
  set(K, 'lease', now() + lease, 'span', lease)
  redis.call('ZADD', K[3], now() + lease, id)
end

local function drop_lease(K, id) redis.call('ZREM', K[3], id) end

local function owe(K, id, obligation)
  redis.call('ZADD', K[5], now(), id .. ' ' .. obligation)
  set(K, 'o:' .. obligation, '1')
  add(K, 'owed', 1)
end

local function keep_attempt(K, json)
  if json ~= '' then set(K, 'a:' .. add(K, 'att', 1), json) end
end

-- The attempt has provably done nothing: its dispatch, where it had one, does not count. Earlier ones do.
local function take_back(K)
  if get(K, 'st') ~= 'PENDING' and number(K, 'disp') > 0 then add(K, 'disp', -1) end
end

local function wait_for_retry(K, id, delay)
  set(K, 'st', 'RETRY_WAIT', 'nb', now() + delay, 'delay', delay)
  drop_lease(K, id)
  redis.call('ZADD', K[4], now() + delay, id)
  clear(K, 'fb')
end

-- A record says itself how long it is kept after its end; `retention` is for one of version 1.
local function expire(K, retention)
  retention = get(K, 'keep') or retention
  redis.call('PEXPIRE', K[1], retention)
  redis.call('PEXPIRE', K[2], retention)
end

local function close_review(K, id)
  clear(K, 'ro', 'ra', 'rr')
  redis.call('ZREM', K[9], id)
end

-- A record under review stays as it is until it is decided: another attempt needs the arguments.
local function open_review(K, id)
  set(K, 'ro', now())
  clear(K, 'ra', 'rr')
  redis.call('ZADD', K[9], now(), id)
end

local function finish(K, id, state, outcome, retention, kind, review, ...)
  set(K, 'st', state, 'outcome', outcome, 'ended', now())
  drop_lease(K, id)
  redis.call('ZREM', K[4], id)
  if review then open_review(K, id) else
    close_review(K, id)
    clear(K, 'args')
  end
  local seq = event(K, id, kind, ...)
  if not review then expire(K, retention) end
  return seq
end

-- What a transition asks a record for after its end; and what no step asks for then, or can be counted.
local ASKED = { st = true, fp = true, fence = true, df = true, outcome = true, free = true, rd = true }
local OVER = { nonce = true, lease = true, span = true, nb = true, delay = true, disp = true, box = true, barrier = true,
  cx = true, fb = true, ['until'] = true, owed = true, deadline = true, n = true, att = true, call = true }
local LINGER = 1000 -- milliseconds in which those who wait for the last event get it from the stream

-- Add a text to what is concatenated in the end, as a netstring.
local function tell(parts, text)
  local n = #parts
  parts[n + 1], parts[n + 2], parts[n + 3], parts[n + 4] = #text, ':', text, ','
end

-- JSON. Of each event the time since the one before, the state where it is another one, the kind, the attributes; in place of a
-- text that was told before, its number.
local function history(K)
  local events, seen, texts, time, state = {}, {}, 0, 0, ''
  local function once(text)
    if seen[text] then return seen[text] end
    texts = texts + 1
    seen[text] = texts
    return text
  end
  for at, entry in ipairs(redis.call('XRANGE', K[2], '-', '+')) do
    local fields = entry[2] -- time, state and kind come first, each after its name
    local event = { fields[2] - time, fields[4] == state and '' or fields[4], once(fields[6]) }
    for place = 7, #fields do event[place - 3] = once(fields[place]) end
    events[at], time, state = event, fields[2], fields[4]
  end
  return cjson.encode(events)
end

-- Fold a record that has ended for good and owes nothing: what is only read any more, and the history, go into one field. A
-- stream, and a hash of twenty fields, take more memory than what is in them. gateway/records/ledger/settled.py reads it.
local function settle(K)
  local state = get(K, 'st')
  if not ENDED[state] or state == 'UNKNOWN' or number(K, 'owed') > 0 then return end -- of an UNKNOWN the truth may come yet
  local fields, flat = {}, redis.call('HGETALL', K[1])
  for at = 1, #flat, 2 do fields[flat[at]] = flat[at + 1] end
  if (fields.ro and not fields.ra) or not fields.nonce then return end -- a record of version 1 stays as it is
  local folded, rest = {}, {}
  tell(rest, 'events')
  tell(rest, history(K))
  for name, value in pairs(fields) do
    if not ASKED[name] and not (name == 'call' and fields.free) then -- the claim of a free key asks which call left it free
      folded[#folded + 1] = name
      if not OVER[name] then
        tell(rest, name)
        tell(rest, value)
      end
    end
  end
  if fields.df == fields.fence then folded[#folded + 1] = 'df' end -- who may say the end again is told by the fence
  clear(K, unpack(folded))
  set(K, 'rest', table.concat(rest))
  redis.call('PEXPIRE', K[2], LINGER)
end

-- The end of a call that acts, as the gateway remembers it that tells it. Folded, where it is to be.
local function to_remember(K)
  local acting = acts(K)
  settle(K)
  return acting and packed(K) or nil
end

local function forget(K, id, kind)
  if get(K, 'rest') then audit(K, id, kind) else event(K, id, kind) end
  redis.call('DEL', K[1], K[2])
  known, whole = {}, false
  drop_lease(K, id)
end

-- Whether the very call on record is sent again: with its token, and its arguments.
local function is_sent_again(K, A)
  for at = 10, #A, 2 do
    if A[at] == 'call' then return A[at + 1] == get(K, 'call') and get(K, 'fp') == A[2] end
  end
  return false
end

-- The last of a claim's fields may be no field: how many open reviews the tenant may have. Answers it, and how many arguments are
-- left.
local function most_reviews(A)
  if #A > 10 and A[#A - 1] == 'most_reviews' then return tonumber(A[#A]), #A - 2 end
  return nil, #A
end

-- Whether a call that acts is to begin, and may leave a review behind, while as many are open as there may be. A review that must
-- be opened is opened: those of calls under way come on top.
local function is_crowded(K, A, most) return most and A[8] == '1' and redis.call('ZCARD', K[9]) >= most end

local MOST_CALLS = 10000

-- The run is kept for so long from now on.
local function keep_run(K, milliseconds)
  redis.call('HSET', K[11], 'exp', now() + milliseconds)
  redis.call('PEXPIRE', K[11], milliseconds)
  redis.call('PEXPIRE', K[12], milliseconds)
  redis.call('ZADD', K[13], now() + milliseconds, string.match(K[11], '[^:]+$'))
end

local function list_in_run(K, id, place, milliseconds)
  redis.call('ZADD', K[12], place, id)
  redis.call('ZREMRANGEBYRANK', K[12], 0, -1 - MOST_CALLS)
  redis.call('HINCRBY', K[11], 'calls', 1)
  keep_run(K, milliseconds)
end

-- How the run stands that the call is of, and for how long it is kept. False where its caller has not started it.
local function standing_of_run(K)
  return unpack(K[11] and redis.call('HMGET', K[11], 'st', 'keep') or { false, false })
end

-- Whether it is claimed in a run that does not have it: it was claimed first before that run was started, or in another one.
local function is_unlisted(K, id) return standing_of_run(K) == 'RUNNING' and not redis.call('ZSCORE', K[12], id) end

-- claim: id fingerprint nonce lease timeout repeatable repeatable-for(0: always) acts max-attempts [field value]…
--        → NEW fence time-left window-left, KNOWN record (packed) [UNLISTED], CONFLICT, QUARANTINED, CROWDED open-reviews, RUN_OVER status. A
--        free key is claimed by any call but the one that has left it free: who sends that again gets what became of it. In a run
--        that is over no call begins, and what is on record is known all the same.
local function claim(K, A, line)
  local id, fingerprint, nonce, lease = A[1], A[2], A[3], tonumber(A[4])
  local state = get(K, 'st')
  local free = ENDED[state] and get(K, 'free') and not is_sent_again(K, A)
  if not state or free then
    local window = tonumber(A[7])
    if A[8] == '1' and line.open then return { 'QUARANTINED' } end
    local run, keep = standing_of_run(K)
    if run and run ~= 'RUNNING' then return { 'RUN_OVER', run } end
    local most, last = most_reviews(A)
    if is_crowded(K, A, most) then return { 'CROWDED', redis.call('ZCARD', K[9]) } end
    local decisions = free and get(K, 'rd') -- one that is repeated now must not decide about this call
    if free then forget(K, id, 'REPLACED') end
    if decisions then set(K, 'rd', decisions) end
    set(K, 'st', 'PENDING', 'fp', fingerprint, 'nonce', nonce, 'accepted', now(), 'deadline', now() + tonumber(A[5]),
      'rep', A[6], 'until', window > 0 and now() + window or 0, 'acts', A[8], 'max', A[9], unpack(A, 10, last))
    take_lease(K, id, lease)
    local fence = refence(K, event(K, id, 'CLAIMED'))
    if run then list_in_run(K, id, last_told, tonumber(keep)) end
    return { 'NEW', fence, tonumber(A[5]), window > 0 and window or -1 }
  end
  if get(K, 'fp') ~= fingerprint then return { 'CONFLICT' } end
  if state == 'PENDING' and get(K, 'nonce') == nonce and number(K, 'n') == 1 then -- its own claim, whose reply was lost
    take_lease(K, id, lease)
    return { 'NEW', number(K, 'fence'), left(K) }
  end
  return { 'KNOWN', packed(K), is_unlisted(K, id) and 'UNLISTED' or nil }
end

-- oblige: id fence obligation attempt
local function oblige(K, A)
  local id, obligation = A[1], A[3]
  if not under_way(get(K, 'st')) or not holds(K, A[2]) then return { 'FENCED' } end
  owe(K, id, obligation)
  event(K, id, 'TOKEN_ISSUED', 'attempt', A[4], 'obligation', obligation)
  return { 'OK' }
end

-- The request may have been sent, or soon will be: by this box. A gateway must confirm the box gone.
local function let_go(K, id, fence, attempt, box)
  local obligation = 'box:' .. box
  set(K, 'st', 'DISPATCHED', 'df', fence, 'box', obligation)
  clear(K, 'barrier')
  add(K, 'disp', 1)
  owe(K, id, obligation)
  event(K, id, 'DISPATCHED', 'attempt', attempt, 'box', box)
end

-- Whether the holder names the box that sent the request only now, with the attempt's end. Older gateways never do.
local function sent_unasked(state, box) return state == 'PENDING' and box and box ~= '' end

-- dispatch: id fence attempt box → OK, and the record (packed) where it acts. decisions/next_step.py lists what else decides on
-- another attempt.
local function dispatch(K, A)
  local fence = A[2]
  if get(K, 'st') ~= 'PENDING' or not holds(K, fence) or get(K, 'cx') then return { 'FENCED' } end
  if now() >= number(K, 'lease') or now() >= number(K, 'deadline') then return { 'FENCED' } end
  if number(K, 'disp') > 0 and not repeatable(K) then return { 'FENCED' } end -- at most once in the life of the record
  let_go(K, A[1], fence, A[3], A[4])
  return { 'OK', acts(K) and packed(K) or nil } -- what the gateway remembers of what it has permitted
end

-- heartbeat: id fence lease [1: another call is made in an attempt's place from now on] → OK cancel-flag
local function heartbeat(K, A)
  if not under_way(get(K, 'st')) or not holds(K, A[2]) then return { 'FENCED' } end
  take_lease(K, A[1], tonumber(A[3]))
  if A[4] == '1' and not get(K, 'cx') then set(K, 'fb', '1') end
  return { 'OK', get(K, 'cx') or '0' }
end

-- retry: id fence delay undone attempt-json box-that-sent-unasked. Undone: it was not sent, or the upstream answered that it had
--        not done it.
local function retry(K, A)
  local id, undone, state = A[1], A[4] == '1', get(K, 'st')
  local unasked = sent_unasked(state, A[6])
  if not under_way(state) or not holds(K, A[2]) then return { 'FENCED' } end
  if (state == 'DISPATCHED' or unasked) and not undone and not repeatable(K) then return { 'FENCED' } end
  if unasked then let_go(K, id, A[2], number(K, 'att') + 1, A[6]) end
  if undone then take_back(K) end
  keep_attempt(K, A[5])
  wait_for_retry(K, id, tonumber(A[3]))
  refence(K, event(K, id, 'RETRY_SCHEDULED', 'delay_ms', A[3], 'attempt', number(K, 'att')))
  return { 'OK' }
end

-- resume: id lease → NEW fence time-left window-left
local function resume(K, A)
  local id, barrier = A[1], get(K, 'barrier')
  if get(K, 'st') ~= 'RETRY_WAIT' or not has_come(K, 'nb', 'delay') then return { 'FENCED' } end
  -- Kill before takeover. After the deadline nothing can be dispatched, and the record only needs its end.
  if barrier and owes(K, id, barrier) and now() < number(K, 'deadline') then return { 'FENCED' } end
  set(K, 'st', 'PENDING')
  redis.call('ZREM', K[4], id)
  take_lease(K, id, tonumber(A[2]))
  return { 'NEW', refence(K, event(K, id, 'RESUMED')), left(K) }
end

-- record: id fence state outcome-json attempt-json retention review box-that-sent-unasked undone refused
--         → OK, the record as it stands (packed), whether it acts. A failure whose every dispatch was taken back is free, unless a
--         person is asked. Refused: its caller is told that it was not begun, and to send it again, so that makes it anew.
local function record(K, A)
  local id, fence, state = A[1], A[2], get(K, 'st')
  local entitled = holds(K, fence) or get(K, 'df') == fence
  if ENDED[state] and entitled and get(K, 'outcome') == A[4] then return { 'OK', packed(K), acts(K) and 1 or 0 } end
  -- Late: the truth from the only attempt that was dispatched. A holder that tells of no attempt knows nothing new.
  local late = state == 'UNKNOWN' and get(K, 'df') == fence and A[5] ~= ''
  if not late and not (under_way(state) and holds(K, fence)) then return { 'FENCED' } end
  if sent_unasked(state, A[8]) then let_go(K, id, fence, number(K, 'att') + 1, A[8]) end
  if A[9] == '1' then
    take_back(K)
    if number(K, 'disp') == 0 and A[3] == 'FAILED' and A[7] ~= '1' then set(K, 'free', '1') end
  end
  if A[10] == '1' then clear(K, 'call') end -- sent again, it is no longer this call
  -- Where the attempt is on record as lost, the truth takes its place.
  if late and number(K, 'att') > 0 then set(K, 'a:' .. get(K, 'att'), A[5]) else keep_attempt(K, A[5]) end
  if late then clear(K, 'barrier') end -- nothing is presumed any more
  finish(K, id, A[3], A[4], A[6], late and 'RECORDED_LATE' or 'RECORDED', A[3] == 'UNKNOWN' or A[7] == '1')
  local acting = acts(K) and 1 or 0
  settle(K)
  return { 'OK', packed(K), acting }
end

-- release: id fence
local function release(K, A)
  if get(K, 'st') ~= 'PENDING' or not holds(K, A[2]) then return { 'FENCED' } end
  if number(K, 'att') > 0 or number(K, 'disp') > 0 then return { 'FENCED' } end
  forget(K, A[1], 'RELEASED')
  return { 'OK' }
end

-- No attempt was begun. Who was told that the call is under way finds its end; the key is free.
local function drop(K, id, outcome, retention)
  if not outcome then forget(K, id, 'DROPPED') return end -- for a gateway of the version before
  set(K, 'free', '2')
  clear(K, 'call') -- who sends the call again has it made
  refence(K, finish(K, id, 'FAILED', outcome, retention, 'HOLDER_LOST', false))
  settle(K)
end

-- take_from_lost: id outcome-when-exhausted outcome-when-unknown attempt-json-of-the-lost-one retention outcome-when-over
--                 outcome-when-not-begun
--                 → the state, and the record (packed) where it has ended and acts; DROPPED, NOOP
local function take_from_lost(K, A)
  local id, state = A[1], get(K, 'st')
  if not state then drop_lease(K, id) return { 'NOOP' } end -- never more than an index entry
  if not under_way(state) or not has_come(K, 'lease', 'span') then return { 'NOOP' } end
  if state == 'PENDING' and number(K, 'att') == 0 then
    drop(K, id, A[7], A[5])
    return { 'DROPPED' }
  end
  if state == 'DISPATCHED' then
    keep_attempt(K, A[4])
    set(K, 'barrier', get(K, 'box'))
    local over = now() >= number(K, 'deadline')
    local exhausted = number(K, 'att') >= number(K, 'max')
    if not repeatable(K) or exhausted or over then
      local known = repeatable(K)
      state = known and 'FAILED' or 'UNKNOWN'
      local outcome = known and (over and A[6] or A[2]) or A[3]
      refence(K, finish(K, id, state, outcome, A[5], 'HOLDER_LOST', true))
      return { state, to_remember(K) }
    end
  end
  wait_for_retry(K, id, 0)
  refence(K, event(K, id, 'HOLDER_LOST'))
  return { 'RETRY_WAIT' }
end

-- cancel: id outcome-json retention attempts-seen (none from an older release) → OK, and the record (packed) where it acts;
--         CHANGED, REQUESTED, NOOP
local function cancel(K, A)
  local id, state = A[1], get(K, 'st')
  if not state or ENDED[state] then return { 'NOOP' } end
  if A[4] and (number(K, 'att') ~= tonumber(A[4]) or get(K, 'fb')) then return { 'CHANGED' } end -- the outcome is of a time before
  if state == 'DISPATCHED' then
    if not get(K, 'cx') then
      set(K, 'cx', '1')
      event(K, id, 'CANCEL_REQUESTED')
    end
    return { 'REQUESTED' }
  end
  refence(K, finish(K, id, 'CANCELLED', A[2], A[3], 'CANCELLED', false))
  return { 'OK', to_remember(K) }
end

-- resolve: id state outcome-json author reason retention timeout attempts attempts-seen decision (the last two: none from an older
--          release; the last is empty where a decision has no name) → OK, and the record (packed) where that is its end and it acts;
--          REPEATED, and the record (packed) where it has ended; CLOSED, BOX_THERE
local function resolve(K, A)
  local id, state, author, reason, box, decision = A[1], A[2], A[4], A[5], get(K, 'box'), A[10] or ''
  -- Its reply was lost. Whatever has become of the call since, another review included, it decides nothing more.
  if decision ~= '' and is_on_record(K, decision) then return { 'REPEATED', ENDED[get(K, 'st')] and packed(K) or nil } end
  if not get(K, 'ro') or get(K, 'ra') then return { 'CLOSED' } end
  if A[9] and number(K, 'att') ~= tonumber(A[9]) then return { 'CLOSED' } end -- decided of an attempt before the last
  if box and owes(K, id, box) then return { 'BOX_THERE' } end -- it could still act after the decision
  if decision ~= '' then set(K, 'rd', get(K, 'rd') and get(K, 'rd') .. ' ' .. decision or decision) end
  if state ~= 'RETRY_WAIT' then
    local opened = get(K, 'ro')
    refence(K, finish(K, id, state, A[3], A[6], 'RESOLVED', false, 'author', author, 'reason', reason))
    set(K, 'ro', opened, 'ra', author, 'rr', reason)
    return { 'OK', to_remember(K) }
  end
  set(K, 'ra', author, 'rr', reason, 'disp', 0, 'max', number(K, 'att') + tonumber(A[8]), 'deadline', now() + tonumber(A[7]))
  clear(K, 'df', 'outcome', 'ended', 'cx', 'barrier')
  redis.call('ZREM', K[9], id)
  wait_for_retry(K, id, 0)
  refence(K, event(K, id, 'RESOLVED', 'author', author, 'reason', reason))
  return { 'OK' }
end

-- expire_review: id age author reason retention → OK, CLOSED, EARLY, BOX_THERE. The outcome stays what it is, and is final.
local function expire_review(K, A)
  local id, author, reason, box = A[1], A[3], A[4], get(K, 'box')
  if not get(K, 'ro') or get(K, 'ra') then return { 'CLOSED' } end
  if now() - number(K, 'ro') < tonumber(A[2]) then return { 'EARLY' } end
  if box and owes(K, id, box) then return { 'BOX_THERE' } end -- it could still act when the key is free again
  set(K, 'ra', author, 'rr', reason)
  clear(K, 'args', 'df') -- no attempt follows, and none may tell of itself any more
  redis.call('ZREM', K[9], id)
  refence(K, event(K, id, 'REVIEW_EXPIRED', 'author', author, 'reason', reason))
  expire(K, A[5])
  return { 'OK' }
end

-- discharge: id obligation kind [name value]…: what else is to be told, such as whose word it was
local function discharge(K, A)
  local id, obligation = A[1], A[2]
  if redis.call('ZREM', K[5], id .. ' ' .. obligation) == 0 then return { 'NOOP' } end
  -- The key may be another record's by now, which owes other things. Records of version 1 do not list what they owe.
  local of_version_1 = get(K, 'st') and not get(K, 'nonce') and not get(K, 'rest')
  if redis.call('HDEL', K[1], 'o:' .. obligation) == 1 or of_version_1 then
    add(K, 'owed', -1)
    event(K, id, A[3], 'obligation', obligation, unpack(A, 4))
    settle(K)
  else
    audit(K, id, A[3], 'obligation', obligation, unpack(A, 4))
  end
  return { 'OK' }
end

local function nonce_at(K, n) return redis.call('GETRANGE', K[10], n % RING * 8, n % RING * 8 + 7) end

local FIELDS = { 'last', 'start', 'base', 'since', 'ack', 'empty' }

-- By lineage and gateway: histories that were settled, with all shown, when they were read last. As old as what INFO said (FRESH).
local settled = {}

local function write_line(K, command, ...)
  settled[K[8]] = nil
  redis.call(command, K[8], ...)
end

-- What was read of it, where this is that history still. A store that was emptied since has no event of the gateway's mark, and
-- no record: the first claim after that is of a new one, and finds it out.
local function settled_line(K, gateway, mark)
  local line = settled[K[8]] and settled[K[8]][gateway]
  if not line or mark.number == 0 or mark.epoch ~= line.epoch then return end
  return (known.st or nonce_at(K, mark.number) == mark.nonce) and line
end

local function keep_settled(K, gateway, line)
  if gateway == '' or line.open or line.shown ~= line.epoch then return end
  settled[K[8]] = settled[K[8]] or {}
  settled[K[8]][gateway] = line
end

-- What most steps need of it. The rest is read where the history is open, or changes.
local function lineage_of(K, gateway)
  local found = redis.call('HMGET', K[8], 'primary', 'epoch', 'open', 'g:' .. gateway)
  return { primary = found[1], epoch = tonumber(found[2] or nil), open = found[3], shown = tonumber(found[4] or nil) }
end

local function read_the_rest(K, line)
  local found = redis.call('HMGET', K[8], unpack(FIELDS))
  for at, field in ipairs(FIELDS) do line[field] = tonumber(found[at] or nil) end
end

-- Whether the event is another one; `age`: how many were told since. What is older than the ring is unknown, not lost.
local function differs(K, n, nonce, age) return age < RING and nonce_at(K, n) ~= nonce end

-- Whether this epoch has not the event that the gateway has seen in it.
local function is_missing(K, mark)
  if nonce_at(K, mark.number) == mark.nonce then return false end
  local last = sequence(K)
  return mark.number > last or last - mark.number < RING
end

-- A gateway that has not shown for this epoch has to; one that is not on the list need not.
local function begin_epoch(K, line, mark, cause, base, ack)
  read_the_rest(K, line)
  local last = sequence(K)
  local epoch = math.max(line.epoch or 0, mark.epoch) + 1
  local start = last + (math.floor(math.max(0, mark.number - last) / LEAP) + 1) * LEAP
  if line.open then base, ack = math.min(base, line.base), ack or line.ack end
  redis.call('SET', K[6], start)
  write_line(K, 'HSET', 'primary', line.primary, 'epoch', epoch, 'last', last, 'start', start, 'base', base,
    'open', 1, 'since', now(), unpack(ack and { 'ack', 1 } or {}))
  if cause == 'EMPTY' then write_line(K, 'HSET', 'empty', 1) end
  audit(K, '', 'EPOCH_BEGUN', 'epoch', epoch, 'cause', cause, 'last', last)
  line.epoch, line.open = epoch, 1
end

-- The server's replication id: another server has another one, and so has one that was started anew. INFO costs as much as all
-- else of a step's look at its history, so one answer serves for FRESH milliseconds: a server that is demoted, and promoted again
-- after another one has acted, takes longer.
local FRESH = 50
local read_id, read_at

local function read_primary() return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') end

local function primary()
  local age = read_at and now() - read_at
  if not age or age < 0 or age >= FRESH then read_id, read_at, settled = read_primary(), now(), {} end
  return read_id
end

-- The history first: whether it is the one that the gateway knows.
local function look(K, gateway, mark)
  local server = primary()
  local line = settled_line(K, gateway, mark)
  if line then return line end
  line = lineage_of(K, gateway)
  local known, before = line.epoch, line.primary
  line.primary = server
  if not known and mark.number == 0 then
    line.epoch = 1
    write_line(K, 'HSET', 'primary', server, 'epoch', 1, 'last', 0, 'start', sequence(K), 'base', 0)
  elseif not known then
    begin_epoch(K, line, mark, 'EMPTY', 0, 1)
  elseif before ~= server then
    begin_epoch(K, line, mark, 'ANOTHER_PRIMARY', sequence(K))
  elseif mark.epoch > known or (mark.epoch == known and mark.number > 0 and is_missing(K, mark)) then
    begin_epoch(K, line, mark, 'ANOTHER_HISTORY', 0)
  end
  if gateway ~= '' and not line.shown then
    line.shown = mark.number > 0 and math.min(mark.epoch, line.epoch) or line.epoch
    write_line(K, 'HSET', 'g:' .. gateway, line.shown)
  end
  if line.open or (line.shown or line.epoch) < line.epoch then read_the_rest(K, line) end
  keep_settled(K, gateway, line)
  return line
end

local HELD_BACK = {
  dispatch = true, retry = true, resume = true, record = true, release = true, take_from_lost = true, cancel = true,
}

local OF_A_REVIEW = { resolve = true, expire_review = true }

-- Nothing that acts moves while the history is open, unless it is known to have permission.
local function held_back(K, line, name)
  local state = line.open and (OF_A_REVIEW[name] or HELD_BACK[name]) and get(K, 'st')
  -- What is settled moves no more, and does not say whether it acts.
  if not state or get(K, 'rest') or not acts(K) then return false end
  return OF_A_REVIEW[name] or state == 'PENDING' or state == 'RETRY_WAIT'
end

-- A gateway of which the epoch is older has still to put back what it permitted.
local function all_have_shown(K, epoch)
  local found = redis.call('HGETALL', K[8])
  for at = 1, #found, 2 do
    if string.sub(found[at], 1, 2) == 'g:' and tonumber(found[at + 1]) < epoch then return false end
  end
  return true
end

local function settle(K, line)
  local waited = now() - (line.since or 0)
  if not line.open or line.ack or (waited >= 0 and waited < GRACE) or not all_have_shown(K, line.epoch) then return end
  write_line(K, 'HDEL', 'open', 'ack', 'empty')
  line.open = nil
  audit(K, '', 'HISTORY_SETTLED', 'epoch', line.epoch)
end

-- witness: "". Shows the mark, and nothing else.
local function witness(K, _, line)
  settle(K, line)
  return { 'OK' }
end

-- introduce: "" surviving primary-before [gateway]…  Nothing is known of the tenant here, and the caller has seen another primary:
--            what that knew may be lost with it, so these gateways are waited for. Surviving: the store is not empty, as the
--            caller's own entry in it shows; then those who show are enough, and no operator.
local function introduce(K, A, line)
  read_the_rest(K, line)
  local unknown = line.epoch == 1 and not line.open and sequence(K) == line.start and A[3] ~= '' and A[3] ~= line.primary
  if unknown then
    begin_epoch(K, line, { number = 0, epoch = 0 }, 'UNKNOWN_TENANT', 0)
  elseif line.open and line.ack and line.empty and A[2] == '1' then
    write_line(K, 'HDEL', 'ack')
    line.ack = nil
  else
    return { 'NOOP' }
  end
  for at = 4, #A do write_line(K, 'HSETNX', 'g:' .. A[at], 0) end
  read_the_rest(K, line)
  return { 'OK' }
end

-- show: "" gateway number nonce epoch forgotten. It has put back what it permitted; its last mark was of the epoch before.
local function show(K, A, line)
  local n, epoch = tonumber(A[3]), tonumber(A[5])
  local of_before = line.open and n > 0 and epoch == line.epoch - 1
  if of_before and (n > line.last or differs(K, n, A[4], sequence(K) - line.start + line.last - n)) then
    audit(K, '', 'STORE_ROLLED_BACK', 'mark', n, 'last', line.last)
  end
  if line.open and tonumber(A[6]) > line.base and (line.empty or not line.ack) then
    write_line(K, 'HSET', 'ack', 1)
    write_line(K, 'HDEL', 'empty') -- no surviving entry of another one ends this
    line.ack, line.empty = 1, nil
    audit(K, '', 'NOT_ALL_PUT_BACK', 'base', line.base)
  end
  write_line(K, 'HSET', 'g:' .. A[2], line.epoch)
  line.shown = line.epoch
  settle(K, line)
  return { 'OK' }
end

-- acknowledge: "" author reason. An operator has looked at what was lost. Who has not shown is off the list.
local function acknowledge(K, A, line)
  if not line.open then return { 'NOOP' } end
  local found = redis.call('HGETALL', K[8])
  for at = 1, #found, 2 do
    if string.sub(found[at], 1, 2) == 'g:' and tonumber(found[at + 1]) < line.epoch then write_line(K, 'HDEL', found[at]) end
  end
  write_line(K, 'HDEL', 'open', 'ack', 'empty')
  line.open = nil
  if line.shown and line.shown < line.epoch then line.shown = nil end
  audit(K, '', 'HISTORY_ACKNOWLEDGED', 'author', A[2], 'reason', A[3])
  return { 'OK' }
end

-- retire: "" gateway. It stops, and all that it has seen is here.
local function retire(K, A, line)
  if tonumber(redis.call('HGET', K[8], 'g:' .. A[2]) or '0') ~= line.epoch then return { 'NOOP' } end
  write_line(K, 'HDEL', 'g:' .. A[2])
  return { 'OK' }
end

-- The fence of a record's last dispatch. Of a settled one the fence tells, where it was that.
local function dispatched_under(df, rest, fence) return tonumber(df or rest and fence or nil) end

-- How final a record is: under way, presumed of a lost holder, open though its holder has told the end, decided.
local function certainty(field)
  local state = field('st')
  if not ENDED[state] then return 0 end
  if state ~= 'UNKNOWN' and (not field('ro') or field('ra')) then return 3 end
  return field('barrier') and 1 or 2
end

-- Whether the record here is of a time before `was`, which was dispatched under that fence. What came after the end of a free
-- key is another call.
local function lacks(K, was, df)
  local state = get(K, 'st')
  if not state then return true end
  if was.free and number(K, 'fence') > tonumber(was.fence) then return false end
  if get(K, 'free') == '2' then return true end -- as one of which no attempt was begun
  local known = dispatched_under(get(K, 'df'), get(K, 'rest'), get(K, 'fence')) or 0
  if known ~= df then return known < df end
  local function of_here(field) return get(K, field) end
  local function of_then(field) return was[field] end
  return certainty(of_then) > certainty(of_here)
end

local function put_back(K, id, fields, n)
  redis.call('DEL', K[1])
  known, whole = {}, false
  for _, index in ipairs({ 3, 4, 9 }) do redis.call('ZREM', K[index], id) end
  for at = 1, #fields, 2 do
    set(K, fields[at], fields[at + 1])
    local owed = string.match(fields[at], '^o:(.*)')
    if owed then redis.call('ZADD', K[5], 'NX', now(), id .. ' ' .. owed) end
  end
  if n then set(K, 'n', n) end -- a settled record has its number of events in its history
end

-- restore: id lease retention [field value]… → RESTORED, NOOP. A record as a gateway saw it last: it had permission, or its end
--          was told.
local function restore(K, A)
  local id, was = A[1], {}
  for at = 4, #A, 2 do was[A[at]] = A[at + 1] end
  local df = dispatched_under(was.df, was.rest, was.fence)
  if not (df or ENDED[was.st]) or not lacks(K, was, df or 0) then return { 'NOOP' } end
  put_back(K, id, { unpack(A, 4) }, not was.rest and math.max(number(K, 'n'), tonumber(was.n)))
  local reviewed = was.ro and not was.ra
  if not ENDED[was.st] then take_lease(K, id, tonumber(A[2])) end
  if reviewed then redis.call('ZADD', K[9], was.ro, id) end
  if was.rest then
    redis.call('DEL', K[2])
    audit(K, id, 'RESTORED')
  else
    redis.call('PERSIST', K[2])
    event(K, id, 'RESTORED')
  end
  if ENDED[was.st] and not reviewed then expire(K, A[3]) end
  return { 'RESTORED' }
end

-- What is to be done about the history, and from where on something may be missing.
local function told_of(line)
  local owing = (line.shown or line.epoch) < line.epoch
  if owing then return 'show', line.base end
  if line.open then return line.ack and 'ack' or 'open', line.base end
  return '', 0
end

local function register(name, transition, flags)
  local function step(K, A)
    step_nonce, last_told, moment, known, whole = A[5], nil, nil, {}, false
    if A[6] ~= '' then (name == 'dispatch' and recall_all or recall)(K) end
    local line = look(K, A[1], { number = tonumber(A[2]), nonce = A[3], epoch = tonumber(A[4]) })
    local reply = held_back(K, line, name) and { 'QUARANTINED' } or transition(K, { unpack(A, 6) }, line)
    local last, history, base = last_told or sequence(K), told_of(line)
    return { reply[1], last, last_told and step_nonce or nonce_at(K, last), line.epoch, history, base, unpack(reply, 2) }
  end
  redis.register_function({ function_name = 'callgate_v3_' .. name, callback = step, flags = flags or {} })
end

register('claim', claim)
register('oblige', oblige)
register('dispatch', dispatch)
register('heartbeat', heartbeat)
register('retry', retry)
register('resume', resume)
register('record', record)
register('release', release)
register('take_from_lost', take_from_lost)
register('cancel', cancel)
register('resolve', resolve)
register('expire_review', expire_review)
register('discharge', discharge)
register('acknowledge', acknowledge)
register('witness', witness)
register('introduce', introduce)
register('show', show)
register('retire', retire)
register('restore', restore)
