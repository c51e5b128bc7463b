#!lua name=callgate_principals
-- Who may call, for all gateways. gateway/records/principals/protocol.py has the promises. KEYS share the hash tag {principals}.
--
-- KEYS  1 tokens    HASH    SHA-256 of the token → JSON: tenant, agent, subject, tools, rights, expires, created, creator
--       2 revision  STRING  number-nonce of the last change; the nonce tells two histories with equal numbers apart
--       3 gateways  HASH    gateway → JSON: the revision that it goes by, and when it was seen (milliseconds)
--       4 revoked   HASH    SHA-256 → JSON: at (milliseconds), by
-- ARGV  look: gateway, the revision that it goes by, milliseconds after which a sign of life is renewed
--       leave: gateway
--       add: SHA-256, JSON, nonce, how many tokens there may be
--       revoke: author, nonce, SHA-256…
--       behind: the number of a revision, milliseconds for which a gateway counts as living

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function revision(K) return redis.call('GET', K[2]) or '' end

local function number(of) return tonumber(string.match(of, '^%d+') or '0') end

local function change(K, nonce)
  local next = (number(revision(K)) + 1) .. '-' .. nonce
  redis.call('SET', K[2], next)
  return next
end

local function look(K, A)
  local known, is = redis.call('HGET', K[3], A[1]), revision(K)
  local seat = known and cjson.decode(known)
  local away = seat and now() - seat.seen
  if not seat or seat.revision ~= A[2] or away < 0 or away >= tonumber(A[3]) then
    redis.call('HSET', K[3], A[1], cjson.encode({ revision = A[2], seen = now() }))
  end
  if is == A[2] then return { 'SAME' } end
  return { 'TABLE', is, redis.call('HGETALL', K[1]), redis.call('HKEYS', K[4]) }
end

local function table_of(K)
  return { 'TABLE', revision(K), redis.call('HGETALL', K[1]), redis.call('HKEYS', K[4]) }
end

local function leave(K, A)
  redis.call('HDEL', K[3], A[1])
  return { 'OK' }
end

local function add(K, A)
  local known = redis.call('HGET', K[1], A[1])
  if known then return { 'KNOWN', revision(K), known } end
  if redis.call('HEXISTS', K[4], A[1]) == 1 then return { 'REVOKED' } end
  if redis.call('HLEN', K[1]) >= tonumber(A[4]) then return { 'FULL' } end
  redis.call('HSET', K[1], A[1], A[2])
  return { 'OK', change(K, A[3]) }
end

local function revoke(K, A)
  for at = 3, #A do
    redis.call('HDEL', K[1], A[at])
    redis.call('HSETNX', K[4], A[at], cjson.encode({ at = now(), by = A[1] }))
  end
  return { 'OK', change(K, A[2]) }
end

local function behind(K, A)
  local found, seats = { 'OK' }, redis.call('HGETALL', K[3])
  for at = 1, #seats, 2 do
    local seat = cjson.decode(seats[at + 1])
    local away = now() - seat.seen
    local living = away >= 0 and away < tonumber(A[2]) -- one that is ahead was there before the clock went back
    if not living then redis.call('HDEL', K[3], seats[at]) end
    if living and number(seat.revision) < tonumber(A[1]) then table.insert(found, seats[at]) end
  end
  return found
end

-- A full Redis takes all but what adds: a gateway that hears nothing lets in no token that only Redis knows, and so no caller could
-- make room; and a token must be revoked whatever is full.
local function takes(name, transition, flag)
  redis.register_function({ function_name = 'callgate_principals_' .. name, callback = transition, flags = { flag } })
end

takes('look', look, 'allow-oom')
takes('table', table_of, 'no-writes')
takes('leave', leave, 'allow-oom')
takes('revoke', revoke, 'allow-oom')
takes('behind', behind, 'allow-oom')
redis.register_function('callgate_principals_add', add)
