#!lua name=callgate_tokens
-- Until when each obtained token is good, and which gateway obtains it now. No token, and no secret. Times in milliseconds.
--
-- KEYS  1 cg:{TENANT}:token:ID, HASH:
--         good_until, obtained, generation   of the token that is kept: until when it is used, since when, and which one it is
--         holder, lease_until                who obtains one now
--         fault, message, fault_until        why none was obtained just now, and until when that is told
--         failures                           how many tries in a row have brought none
--         forced, forced_since               how many were refused by upstreams, since when
--         refused                            1: of the last one, an upstream has said that it is not good
-- ARGV  look: holder, lease, since (0: the first look)   → VALID generation | BUSY now failures | FAILED fault message left | TAKEN refused failures
--       take: holder, lease                              → OK | BUSY
--       forget: holder                                   → OK | LOST
--       hold: holder, lease                              → OK | LOST
--       settle: holder, good for                         → OK generation | LOST
--       fail: holder, fault, message, pause, longest, least   → OK pause | LOST. The pause is doubled by each failure before, up to
--             longest, and is least at least; 0 says nothing of the token
--       refuse: generation, most forced, forced within, certain (0, 1)   → OK | OVER

local KEPT = 90 * 86400000

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function number(key, name) return tonumber(redis.call('HGET', key, name) or '0') end

local function look(K, A)
  local moment, since = now(), tonumber(A[3])
  if number(K[1], 'good_until') > moment or (since > 0 and number(K[1], 'obtained') >= since) then
    return { 'VALID', number(K[1], 'generation') }
  end
  if number(K[1], 'lease_until') > moment then return { 'BUSY', moment, number(K[1], 'failures') } end
  local told_for = number(K[1], 'fault_until') - moment
  if told_for > 0 then return { 'FAILED', redis.call('HGET', K[1], 'fault'), redis.call('HGET', K[1], 'message'), told_for } end
  redis.call('HSET', K[1], 'holder', A[1], 'lease_until', moment + A[2])
  redis.call('PEXPIRE', K[1], KEPT)
  return { 'TAKEN', number(K[1], 'refused'), number(K[1], 'failures') }
end

-- A person connects: whatever is there, it is to be another.
local function take(K, A)
  local moment = now()
  if number(K[1], 'lease_until') > moment and redis.call('HGET', K[1], 'holder') ~= A[1] then return { 'BUSY' } end
  redis.call('HSET', K[1], 'holder', A[1], 'lease_until', moment + A[2])
  redis.call('PEXPIRE', K[1], KEPT)
  return { 'OK' }
end

local function is_holder(K, A) return redis.call('HGET', K[1], 'holder') == A[1] end

local function hold(K, A)
  local moment = now()
  if not is_holder(K, A) or number(K[1], 'lease_until') <= moment then return { 'LOST' } end
  redis.call('HSET', K[1], 'lease_until', moment + A[2])
  return { 'OK' }
end

local function settle(K, A)
  if not is_holder(K, A) then return { 'LOST' } end
  local moment = now()
  redis.call('HSET', K[1], 'good_until', moment + A[2], 'obtained', moment)
  redis.call('HDEL', K[1], 'holder', 'lease_until', 'fault', 'message', 'fault_until', 'failures', 'refused')
  redis.call('PEXPIRE', K[1], KEPT)
  return { 'OK', redis.call('HINCRBY', K[1], 'generation', 1) }
end

local function fail(K, A)
  if not is_holder(K, A) then return { 'LOST' } end
  redis.call('HDEL', K[1], 'holder', 'lease_until')
  local first = tonumber(A[4])
  if first == 0 then return { 'OK', 0 } end
  local doubled = first * 2 ^ math.min(redis.call('HINCRBY', K[1], 'failures', 1) - 1, 16)
  local pause = math.max(math.min(doubled, math.max(first, tonumber(A[5] or 0))), tonumber(A[6] or 0))
  redis.call('HSET', K[1], 'fault', A[2], 'message', A[3], 'fault_until', now() + pause)
  return { 'OK', pause }
end

local function forget(K, A)
  if not is_holder(K, A) then return { 'LOST' } end
  redis.call('HDEL', K[1], 'holder', 'lease_until', 'good_until', 'obtained', 'fault', 'message', 'fault_until', 'failures')
  redis.call('HDEL', K[1], 'refused')
  return { 'OK' }
end

local function refuse(K, A)
  if number(K[1], 'generation') ~= tonumber(A[1]) then return { 'OK' } end
  local moment = now()
  if moment - number(K[1], 'forced_since') > tonumber(A[3]) then redis.call('HSET', K[1], 'forced', 0, 'forced_since', moment) end
  if number(K[1], 'forced') >= tonumber(A[2]) then return { 'OVER' } end
  if redis.call('HDEL', K[1], 'good_until', 'obtained') > 0 then redis.call('HINCRBY', K[1], 'forced', 1) end
  if A[4] == '1' then redis.call('HSET', K[1], 'refused', 1) end
  return { 'OK' }
end

redis.register_function('callgate_token_look', look)
redis.register_function('callgate_token_take', take)
redis.register_function('callgate_token_forget', forget)
redis.register_function('callgate_token_hold', hold)
redis.register_function('callgate_token_settle', settle)
redis.register_function('callgate_token_fail', fail)
redis.register_function('callgate_token_refuse', refuse)
