#!lua name=callgate_v2
-- The ledger's transitions. One Function is one atomic step on the keys of one tenant, which share the hash tag {tenant}.
-- gateway/records/ledger/specification says in Python what each of them does; tests/gateway/records/ledger/specification
-- holds the two to each other. docs/ledger.md has each field, with its meaning and its lifetime.
--
-- KEYS  1 record       HASH    state st, fingerprint fp, nonce, fence, dispatching fence df, attempts att, dispatches disp,
--                              max, lease and its span, deadline, not-before nb and its delay, cancel flag cx, repeatable rep
--                              and until when (0: always), the box last dispatched, the barrier before the next attempt,
--                              events n, obligations owed o:NAME and their number owed, a:1 a:2 … the attempts, review opened
--                              ro, its author ra and reason rr, and what the gateway put there at the claim: principal,
--                              request, args, and for how many milliseconds it is kept after its end: keep. Of a settled
--                              record (see settle) all but st, fp, fence, df, outcome are in rest, with its history
--       2 events       STREAM  the record's history, ids 1-0, 2-0, … without gaps
--       3 leases       ZSET    id → when its holder counts as lost
--       4 due          ZSET    id → when the next attempt may start
--       5 obligations  ZSET    "id kind:name" → when it arose
--       6 sequence     INT     the number of the tenant's last event; never reset, never expires; every fence is one of them
--       7 audit        STREAM  every event of the tenant with its number seq, the newest 100,000
--       8 quarantine   HASH    since, mark, found: there while the store is known to have lost what it had acknowledged
--       9 reviews      ZSET    id → when its review was opened
-- ARGV  1 id, 2 mark: the highest sequence number that the calling gateway has ever seen; then as each function says.
--       Times are milliseconds of Redis' own clock; durations are relative.
--
-- Every reply is { status, sequence, … }. FENCED is answered where the calling gateway does not hold the record, or the
-- record's state forbids the step; nothing has changed then.

local ENDED = { SUCCEEDED = true, FAILED = true, CANCELLED = true, UNKNOWN = true }
local LEAP = 1000000 -- greater than any number of events that another gateway may have seen, and this one has not

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function get(K, field) return redis.call('HGET', K[1], field) end
local function number(K, field) return tonumber(get(K, field) or '0') end
local function set(K, ...) redis.call('HSET', K[1], ...) end
local function clear(K, ...) redis.call('HDEL', K[1], ...) end
local function sequence(K) return tonumber(redis.call('GET', K[6]) or '0') end
local function quarantined(K) return redis.call('EXISTS', K[8]) == 1 end

local function audit(K, id, kind, ...)
  local seq = redis.call('INCR', K[6])
  redis.call('XADD', K[7], 'MAXLEN', '~', 100000, '*', 'seq', seq, 'id', id, 'kind', kind, ...)
  return seq
end

-- One fact, in the record's history and in the tenant's audit log, in the step that makes it true. Answers its number.
local function event(K, id, kind, ...)
  local n, state = redis.call('HINCRBY', K[1], 'n', 1), get(K, 'st')
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

local function repeatable(K)
  local till = number(K, 'until')
  return get(K, 'rep') == '1' and (till == 0 or now() < till)
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
  redis.call('HINCRBY', K[1], 'owed', 1)
end

local function keep_attempt(K, json)
  if json ~= '' then set(K, 'a:' .. redis.call('HINCRBY', K[1], 'att', 1), json) end
end

local function wait_for_retry(K, id, delay)
  set(K, 'st', 'RETRY_WAIT', 'nb', now() + delay, 'delay', delay)
  drop_lease(K, id)
  redis.call('ZADD', K[4], now() + delay, id)
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

-- What a transition asks a record for after its end; and what nobody asks for then, or can be counted.
local ASKED = { st = true, fp = true, fence = true, df = true, outcome = true }
local OVER = { nonce = true, lease = true, span = true, nb = true, delay = true, disp = true, box = true, barrier = true,
  cx = true, ['until'] = true, owed = true, deadline = true, n = true, att = true }
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
    if not ASKED[name] then
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

local function forget(K, id, kind)
  event(K, id, kind)
  redis.call('DEL', K[1], K[2])
  drop_lease(K, id)
end

-- claim: id mark fingerprint nonce lease timeout repeatable repeatable-for(0: always) max-attempts [field value]…
--        → NEW fence, KNOWN record, CONFLICT, QUARANTINED
local function claim(K, A)
  local id, fingerprint, nonce, lease = A[1], A[2], A[3], tonumber(A[4])
  local state = get(K, 'st')
  if not state then
    local window = tonumber(A[7])
    if (A[6] ~= '1' or window > 0) and quarantined(K) then return { 'QUARANTINED' } end
    set(K, 'st', 'PENDING', 'fp', fingerprint, 'nonce', nonce, 'accepted', now(), 'deadline', now() + tonumber(A[5]),
      'rep', A[6], 'until', window > 0 and now() + window or 0, 'max', A[8], unpack(A, 9))
    take_lease(K, id, lease)
    return { 'NEW', refence(K, event(K, id, 'CLAIMED')) }
  end
  if get(K, 'fp') ~= fingerprint then return { 'CONFLICT' } end
  if state == 'PENDING' and get(K, 'nonce') == nonce and number(K, 'n') == 1 then -- its own claim, whose reply was lost
    take_lease(K, id, lease)
    return { 'NEW', number(K, 'fence') }
  end
  return { 'KNOWN', redis.call('HGETALL', K[1]) }
end

-- oblige: id mark fence obligation attempt
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
  redis.call('HINCRBY', K[1], 'disp', 1)
  owe(K, id, obligation)
  event(K, id, 'DISPATCHED', 'attempt', attempt, 'box', box)
end

-- Whether the holder names the box that sent the request only now, with the attempt's end. Older gateways never do.
local function sent_unasked(state, box) return state == 'PENDING' and box and box ~= '' end

-- dispatch: id mark fence attempt box. decisions/next_step.py lists what else decides on another attempt.
local function dispatch(K, A)
  local fence = A[2]
  if get(K, 'st') ~= 'PENDING' or not holds(K, fence) or get(K, 'cx') then return { 'FENCED' } end
  if now() >= number(K, 'lease') or now() >= number(K, 'deadline') then return { 'FENCED' } end
  if number(K, 'disp') > 0 and not repeatable(K) then return { 'FENCED' } end -- at most once in the life of the record
  if (get(K, 'rep') ~= '1' or number(K, 'until') > 0) and quarantined(K) then return { 'QUARANTINED' } end
  let_go(K, A[1], fence, A[3], A[4])
  return { 'OK' }
end

-- heartbeat: id mark fence lease → OK cancel-flag
local function heartbeat(K, A)
  if not under_way(get(K, 'st')) or not holds(K, A[2]) then return { 'FENCED' } end
  take_lease(K, A[1], tonumber(A[3]))
  return { 'OK', get(K, 'cx') or '0' }
end

-- retry: id mark fence delay not-sent attempt-json box-that-sent-unasked
local function retry(K, A)
  local id, not_sent, state = A[1], A[4] == '1', get(K, 'st')
  local unasked = sent_unasked(state, A[6])
  if not under_way(state) or not holds(K, A[2]) then return { 'FENCED' } end
  if (state == 'DISPATCHED' or unasked) and not not_sent and not repeatable(K) then return { 'FENCED' } end
  if unasked then let_go(K, id, A[2], number(K, 'att') + 1, A[6]) end
  if not_sent then set(K, 'disp', 0) end -- the runner proved that the permission was not used
  keep_attempt(K, A[5])
  wait_for_retry(K, id, tonumber(A[3]))
  refence(K, event(K, id, 'RETRY_SCHEDULED', 'delay_ms', A[3], 'attempt', number(K, 'att')))
  return { 'OK' }
end

-- resume: id mark lease → NEW fence
local function resume(K, A)
  local id, barrier = A[1], get(K, 'barrier')
  if get(K, 'st') ~= 'RETRY_WAIT' or not has_come(K, 'nb', 'delay') then return { 'FENCED' } end
  -- Kill before takeover. After the deadline nothing can be dispatched, and the record only needs its end.
  if barrier and owes(K, id, barrier) and now() < number(K, 'deadline') then return { 'FENCED' } end
  set(K, 'st', 'PENDING')
  redis.call('ZREM', K[4], id)
  take_lease(K, id, tonumber(A[2]))
  return { 'NEW', refence(K, event(K, id, 'RESUMED')) }
end

-- record: id mark fence state outcome-json attempt-json retention review box-that-sent-unasked
--         → OK and the record as it stands
local function record(K, A)
  local id, fence, state = A[1], A[2], get(K, 'st')
  local entitled = holds(K, fence) or get(K, 'df') == fence
  if ENDED[state] and entitled and get(K, 'outcome') == A[4] then return { 'OK', redis.call('HGETALL', K[1]) } end
  -- Late: the truth from the only attempt that was dispatched. A holder that tells of no attempt knows nothing new.
  local late = state == 'UNKNOWN' and get(K, 'df') == fence and A[5] ~= ''
  if not late and not (under_way(state) and holds(K, fence)) then return { 'FENCED' } end
  if sent_unasked(state, A[8]) then let_go(K, id, fence, number(K, 'att') + 1, A[8]) end
  -- Where the attempt is on record as lost, the truth takes its place.
  if late and number(K, 'att') > 0 then set(K, 'a:' .. get(K, 'att'), A[5]) else keep_attempt(K, A[5]) end
  finish(K, id, A[3], A[4], A[6], late and 'RECORDED_LATE' or 'RECORDED', A[3] == 'UNKNOWN' or A[7] == '1')
  settle(K)
  return { 'OK', redis.call('HGETALL', K[1]) }
end

-- release: id mark fence
local function release(K, A)
  if get(K, 'st') ~= 'PENDING' or not holds(K, A[2]) then return { 'FENCED' } end
  if number(K, 'att') > 0 or number(K, 'disp') > 0 then return { 'FENCED' } end
  forget(K, A[1], 'RELEASED')
  return { 'OK' }
end

-- take_from_lost: id mark outcome-when-exhausted outcome-when-unknown attempt-json-of-the-lost-one retention
local function take_from_lost(K, A)
  local id, state = A[1], get(K, 'st')
  if not state then drop_lease(K, id) return { 'NOOP' } end -- never more than an index entry
  if not under_way(state) or not has_come(K, 'lease', 'span') then return { 'NOOP' } end
  if state == 'PENDING' and number(K, 'att') == 0 then forget(K, id, 'DROPPED') return { 'DROPPED' } end
  if state == 'DISPATCHED' then
    keep_attempt(K, A[4])
    set(K, 'barrier', get(K, 'box'))
    local exhausted = number(K, 'att') >= number(K, 'max') or now() >= number(K, 'deadline')
    if not repeatable(K) or exhausted then
      local known = repeatable(K)
      state = known and 'FAILED' or 'UNKNOWN'
      refence(K, finish(K, id, state, known and A[2] or A[3], A[5], 'HOLDER_LOST', true))
      return { state }
    end
  end
  wait_for_retry(K, id, 0)
  refence(K, event(K, id, 'HOLDER_LOST'))
  return { 'RETRY_WAIT' }
end

-- cancel: id mark outcome-json retention
local function cancel(K, A)
  local id, state = A[1], get(K, 'st')
  if not state or ENDED[state] then return { 'NOOP' } end
  if state == 'DISPATCHED' then
    if not get(K, 'cx') then
      set(K, 'cx', '1')
      event(K, id, 'CANCEL_REQUESTED')
    end
    return { 'REQUESTED' }
  end
  refence(K, finish(K, id, 'CANCELLED', A[2], A[3], 'CANCELLED', false))
  settle(K)
  return { 'OK' }
end

-- resolve: id mark state outcome-json author reason retention timeout attempts attempts-seen (none from an older release)
local function resolve(K, A)
  local id, state, author, reason, box = A[1], A[2], A[4], A[5], get(K, 'box')
  if not get(K, 'ro') or get(K, 'ra') then return { 'CLOSED' } end
  if A[9] and number(K, 'att') ~= tonumber(A[9]) then return { 'CLOSED' } end -- decided of an attempt before the last
  if box and owes(K, id, box) then return { 'BOX_THERE' } end -- it could still act after the decision
  if state ~= 'RETRY_WAIT' then
    local opened = get(K, 'ro')
    refence(K, finish(K, id, state, A[3], A[6], 'RESOLVED', false, 'author', author, 'reason', reason))
    set(K, 'ro', opened, 'ra', author, 'rr', reason)
    settle(K)
    return { 'OK' }
  end
  set(K, 'ra', author, 'rr', reason, 'disp', 0, 'max', number(K, 'att') + tonumber(A[8]), 'deadline', now() + tonumber(A[7]))
  clear(K, 'df', 'outcome', 'ended', 'cx', 'barrier')
  redis.call('ZREM', K[9], id)
  wait_for_retry(K, id, 0)
  refence(K, event(K, id, 'RESOLVED', 'author', author, 'reason', reason))
  return { 'OK' }
end

-- discharge: id mark obligation kind
local function discharge(K, A)
  local id, obligation = A[1], A[2]
  if redis.call('ZREM', K[5], id .. ' ' .. obligation) == 0 then return { 'NOOP' } end
  -- The key may be another record's by now, which owes other things. Records of version 1 do not list what they owe.
  local of_version_1 = get(K, 'st') and not get(K, 'nonce') and not get(K, 'rest')
  if redis.call('HDEL', K[1], 'o:' .. obligation) == 1 or of_version_1 then
    redis.call('HINCRBY', K[1], 'owed', -1)
    event(K, id, A[3], 'obligation', obligation)
    settle(K)
  else
    audit(K, id, A[3], 'obligation', obligation)
  end
  return { 'OK' }
end

-- acknowledge: "" mark author reason. An operator has looked at what was lost.
local function acknowledge(K, A)
  if redis.call('DEL', K[8]) == 0 then return { 'NOOP' } end
  audit(K, '', 'QUARANTINE_ENDED', 'author', A[2], 'reason', A[3])
  return { 'OK' }
end

-- A gateway has seen a number that this store does not know: the store has lost what it had acknowledged. By the leap, no fence
-- is given out twice.
local function notice_rollback(K, mark)
  local found = sequence(K)
  if mark <= found then return end
  redis.call('SET', K[6], mark + LEAP)
  redis.call('HSET', K[8], 'since', now(), 'mark', mark, 'found', found)
  audit(K, '', 'STORE_ROLLED_BACK', 'mark', mark, 'found', found)
end

local function register(name, transition)
  redis.register_function('callgate_v2_' .. name, function(K, A)
    notice_rollback(K, tonumber(table.remove(A, 2)))
    local reply = transition(K, A)
    table.insert(reply, 2, sequence(K))
    return reply
  end)
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
register('discharge', discharge)
register('acknowledge', acknowledge)
register('witness', function() return { 'OK' } end)
