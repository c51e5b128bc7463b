#!lua name=callgate
-- The ledger's transitions. One Function is one atomic step on the keys of one tenant, which share the hash tag {tenant}.
--
-- KEYS  1 record       HASH    state st, fingerprint fp, fence, dispatching fence df, attempts att, dispatches disp, max, lease,
--                              deadline, not-before nb, cancel flag cx, repeatable rep, events n, obligations owed,
--                              a:1 a:2 … the attempts, and what the gateway put there at the claim
--       2 events       STREAM  the record's history, ids 1-0, 2-0, … without gaps
--       3 leases       ZSET    id → when its holder is given up
--       4 due          ZSET    id → when the next attempt may start
--       5 obligations  ZSET    "id kind:name" → when to look again
--       6 fence        INT     the tenant's counter; never reset, never expires
--       7 audit        STREAM  every event of the tenant, the newest 100,000
-- ARGV  1 id, then as each function says. Times are milliseconds of Redis' own clock; durations are relative.
--
-- FENCED is answered where the caller does not hold the record or its state forbids the step; nothing has changed then.

local ENDED = { SUCCEEDED = true, FAILED = true, CANCELLED = true, UNKNOWN = true }

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function get(K, field) return redis.call('HGET', K[1], field) end
local function number(K, field) return tonumber(get(K, field) or '0') end
local function set(K, ...) redis.call('HSET', K[1], ...) end

-- One fact, in the record's history and in the tenant's audit log, in the same step as what it tells of.
local function event(K, id, kind, ...)
  local n, state, time = redis.call('HINCRBY', K[1], 'n', 1), get(K, 'st'), now()
  redis.call('XADD', K[2], n .. '-0', 'time', time, 'state', state, 'kind', kind, ...)
  redis.call('XADD', K[7], 'MAXLEN', '~', 100000, '*', 'id', id, 'n', n, 'state', state, 'kind', kind, ...)
end

local function new_fence(K)
  local fence = redis.call('INCR', K[6])
  set(K, 'fence', fence)
  return fence
end

local function holds(K, fence) return number(K, 'fence') == tonumber(fence) end

local function take_lease(K, id, lease)
  set(K, 'lease', now() + lease)
  redis.call('ZADD', K[3], now() + lease, id)
end

local function drop_lease(K, id) redis.call('ZREM', K[3], id) end

local function keep_attempt(K, json)
  if json ~= '' then set(K, 'a:' .. redis.call('HINCRBY', K[1], 'att', 1), json) end
end

local function wait_for_retry(K, id, delay, kind, ...)
  set(K, 'st', 'RETRY_WAIT', 'nb', now() + delay)
  new_fence(K) -- whoever held it holds it no more
  drop_lease(K, id)
  redis.call('ZADD', K[4], now() + delay, id)
  event(K, id, kind, 'delay_ms', delay, ...)
end

local function finish(K, id, state, outcome, retention, kind)
  set(K, 'st', state, 'outcome', outcome, 'ended', now())
  if state ~= 'UNKNOWN' then redis.call('HDEL', K[1], 'args') end -- needed only where another attempt may follow
  drop_lease(K, id)
  redis.call('ZREM', K[4], id)
  event(K, id, kind)
  redis.call('PEXPIRE', K[1], retention)
  redis.call('PEXPIRE', K[2], retention)
end

local function forget(K, id, kind)
  event(K, id, kind)
  redis.call('DEL', K[1], K[2])
  drop_lease(K, id)
end

-- claim: id fingerprint lease timeout repeatable max-attempts [field value]…
local function claim(K, A)
  local id, fingerprint, lease = A[1], A[2], tonumber(A[3])
  local state = get(K, 'st')
  if not state then
    set(K, 'st', 'PENDING', 'fp', fingerprint, 'accepted', now(), 'deadline', now() + tonumber(A[4]), 'rep', A[5], 'max', A[6],
      unpack(A, 7))
    local fence = new_fence(K)
    take_lease(K, id, lease)
    event(K, id, 'CLAIMED')
    return { 'NEW', fence }
  end
  if get(K, 'fp') ~= fingerprint then return { 'CONFLICT' } end
  return { 'KNOWN' }
end

-- oblige: id fence obligation attempt
local function oblige(K, A)
  local id, fence, obligation = A[1], A[2], A[3]
  if not holds(K, fence) or ENDED[get(K, 'st')] then return { 'FENCED' } end
  redis.call('ZADD', K[5], now(), id .. ' ' .. obligation)
  redis.call('HINCRBY', K[1], 'owed', 1)
  event(K, id, 'TOKEN_ISSUED', 'attempt', A[4], 'obligation', obligation)
  return { 'OK' }
end

-- dispatch: id fence attempt box
local function dispatch(K, A)
  local id, fence, box = A[1], A[2], A[4]
  if get(K, 'st') ~= 'PENDING' or not holds(K, fence) or get(K, 'cx') then return { 'FENCED' } end
  if now() >= number(K, 'lease') or now() >= number(K, 'deadline') then return { 'FENCED' } end
  if get(K, 'rep') ~= '1' and number(K, 'disp') > 0 then return { 'FENCED' } end -- at most once in the life of the record
  set(K, 'st', 'DISPATCHED', 'df', fence)
  redis.call('HINCRBY', K[1], 'disp', 1)
  redis.call('ZADD', K[5], now(), id .. ' box:' .. box)
  redis.call('HINCRBY', K[1], 'owed', 1)
  event(K, id, 'DISPATCHED', 'attempt', A[3], 'box', box)
  return { 'OK' }
end

-- heartbeat: id fence lease
local function heartbeat(K, A)
  local state = get(K, 'st')
  if not state or ENDED[state] or state == 'RETRY_WAIT' or not holds(K, A[2]) then return { 'FENCED' } end
  take_lease(K, A[1], tonumber(A[3]))
  return { 'OK', get(K, 'cx') or '0' }
end

-- retry: id fence delay not-sent attempt-json
local function retry(K, A)
  local id, fence, not_sent = A[1], A[2], A[4] == '1'
  local state = get(K, 'st')
  if (state ~= 'PENDING' and state ~= 'DISPATCHED') or not holds(K, fence) then return { 'FENCED' } end
  if state == 'DISPATCHED' and get(K, 'rep') ~= '1' and not not_sent then return { 'FENCED' } end
  if not_sent then set(K, 'disp', 0) end -- the runner proved that the permission was not used
  keep_attempt(K, A[5])
  wait_for_retry(K, id, tonumber(A[3]), 'RETRY_SCHEDULED', 'attempt', get(K, 'att'))
  return { 'OK' }
end

-- resume: id lease
local function resume(K, A)
  local id = A[1]
  if get(K, 'st') ~= 'RETRY_WAIT' or now() < number(K, 'nb') then return { 'FENCED' } end
  set(K, 'st', 'PENDING')
  local fence = new_fence(K)
  redis.call('ZREM', K[4], id)
  take_lease(K, id, tonumber(A[2]))
  event(K, id, 'RESUMED')
  return { 'NEW', fence }
end

-- record: id fence state outcome-json attempt-json retention → OK and the record as it stands
local function record(K, A)
  local id, fence, state = A[1], A[2], get(K, 'st')
  local holder = (state == 'PENDING' or state == 'DISPATCHED') and holds(K, fence)
  local late = state == 'UNKNOWN' and get(K, 'df') == fence -- the truth from the only attempt that was dispatched
  if not holder and not late then return { 'FENCED' } end
  keep_attempt(K, A[5])
  finish(K, id, A[3], A[4], A[6], late and 'RECORDED_LATE' or 'RECORDED')
  return { 'OK', redis.call('HGETALL', K[1]) }
end

-- release: id fence
local function release(K, A)
  if get(K, 'st') ~= 'PENDING' or not holds(K, A[2]) then return { 'FENCED' } end
  if number(K, 'att') > 0 or number(K, 'disp') > 0 then return { 'FENCED' } end
  forget(K, A[1], 'RELEASED')
  return { 'OK' }
end

-- reap: id outcome-when-exhausted outcome-when-unknown attempt-json-of-the-lost-one retention
local function reap(K, A)
  local id, state = A[1], get(K, 'st')
  if not state then drop_lease(K, id) return { 'NOOP' } end -- expired, or never more than an index entry
  if (state ~= 'PENDING' and state ~= 'DISPATCHED') or now() < number(K, 'lease') then return { 'NOOP' } end
  if state == 'PENDING' and number(K, 'att') == 0 then forget(K, id, 'DROPPED') return { 'DROPPED' } end
  if state == 'PENDING' then wait_for_retry(K, id, 0, 'HOLDER_LOST') return { 'RETRY_WAIT' } end
  keep_attempt(K, A[4])
  if get(K, 'rep') ~= '1' then
    new_fence(K)
    finish(K, id, 'UNKNOWN', A[3], A[5], 'HOLDER_LOST')
    return { 'UNKNOWN' }
  end
  if number(K, 'att') >= number(K, 'max') or now() > number(K, 'deadline') then
    new_fence(K)
    finish(K, id, 'FAILED', A[2], A[5], 'HOLDER_LOST')
    return { 'FAILED' }
  end
  wait_for_retry(K, id, 0, 'HOLDER_LOST')
  return { 'RETRY_WAIT' }
end

-- cancel: id outcome-json retention
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
  new_fence(K)
  finish(K, id, 'CANCELLED', A[2], A[3], 'CANCELLED')
  return { 'OK' }
end

-- discharge: id obligation kind
local function discharge(K, A)
  local id = A[1]
  if redis.call('ZREM', K[5], id .. ' ' .. A[2]) == 0 then return { 'NOOP' } end
  if redis.call('EXISTS', K[1]) == 1 then
    redis.call('HINCRBY', K[1], 'owed', -1)
    event(K, id, A[3], 'obligation', A[2])
  end
  return { 'OK' }
end

redis.register_function('callgate_claim', claim)
redis.register_function('callgate_oblige', oblige)
redis.register_function('callgate_dispatch', dispatch)
redis.register_function('callgate_heartbeat', heartbeat)
redis.register_function('callgate_retry', retry)
redis.register_function('callgate_resume', resume)
redis.register_function('callgate_record', record)
redis.register_function('callgate_release', release)
redis.register_function('callgate_reap', reap)
redis.register_function('callgate_cancel', cancel)
redis.register_function('callgate_discharge', discharge)
