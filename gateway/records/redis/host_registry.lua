#!lua name=callgate_hosts
-- The registry of hosts, and of the gateways on them. KEYS share the hash tag {boxes}, which the registry of boxes has, too.
--
-- KEYS  1 hosts  HASH  id → JSON: mark, engine, name, boot, since and seen (milliseconds)
--       2 seats  HASH  gateway → JSON: host, boot, proof, token, seen
--       3 lost   HASH  id → JSON: author, reason, at
-- ARGV  take: a new host's id, facts as JSON, gateway, proof, token, milliseconds in which a seat counts as living, the lost
--             host whose boxes are removed
--       renew: the host's id, and so on as for take; the token before
--       leave: gateway, token
--       forget: gateway
--       declare_lost: id, author, reason, milliseconds as above

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function entries(key)
  local flat, found = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do found[flat[i]] = cjson.decode(flat[i + 1]) end
  return found
end

-- The gateways on a host that have given a sign of life within so many milliseconds, by their names.
local function living(K, host, within)
  local found = {}
  for gateway, seat in pairs(entries(K[2])) do
    local away = now() - seat.seen
    -- One that is ahead was there before the clock went back: a gateway that lives renews it.
    if seat.host == host and away >= 0 and away < tonumber(within) then found[gateway] = seat end
    if seat.host == host and (away < 0 or away > 100 * tonumber(within)) then redis.call('HDEL', K[2], gateway) end
  end
  return found
end

local function enter(K, host, facts, gateway, proof, token, within)
  local others, known = {}, redis.call('HGET', K[1], host)
  for other, seat in pairs(living(K, host, within)) do
    if other ~= gateway then
      if seat.boot ~= facts.boot then return { 'COPIED', other } end
      table.insert(others, other)
      table.insert(others, seat.proof)
      table.insert(others, seat.token)
    end
  end
  facts.since, facts.seen = known and cjson.decode(known).since or now(), now()
  redis.call('HSET', K[1], host, cjson.encode(facts))
  local seat = { host = host, boot = facts.boot, proof = proof, token = token, seen = now() }
  redis.call('HSET', K[2], gateway, cjson.encode(seat))
  return { 'TAKEN', host, unpack(others) }
end

local function take(K, A)
  local facts, host, since = cjson.decode(A[2]), nil, -1
  for id, one in pairs(entries(K[1])) do
    if one.mark == facts.mark and one.since > since then host, since = id, one.since end
  end
  if host and redis.call('HEXISTS', K[3], host) == 1 then
    if A[7] ~= host then return { 'LOST', host } end
    host = nil
  end
  return enter(K, host or A[1], facts, A[3], A[4], A[5], A[6])
end

local function renew(K, A)
  if redis.call('HEXISTS', K[3], A[1]) == 1 then return { 'LOST', A[1] } end
  local known = redis.call('HGET', K[2], A[3])
  local token = known and cjson.decode(known).token
  if token and token ~= A[7] and token ~= A[5] then return { 'COPIED', A[3], token } end
  return enter(K, A[1], cjson.decode(A[2]), A[3], A[4], A[5], A[6])
end

local function leave(K, A)
  local known = redis.call('HGET', K[2], A[1])
  if known and cjson.decode(known).token == A[2] then redis.call('HDEL', K[2], A[1]) end
  return { 'OK' }
end

local function forget(K, A)
  redis.call('HDEL', K[2], A[1])
  return { 'OK' }
end

local function declare_lost(K, A)
  if redis.call('HEXISTS', K[1], A[1]) == 0 then return { 'UNKNOWN' } end
  if next(living(K, A[1], A[4])) then return { 'LIVING' } end
  redis.call('HSETNX', K[3], A[1], cjson.encode({ author = A[2], reason = A[3], at = now() }))
  return { 'OK' }
end

redis.register_function('callgate_hosts_take', take)
redis.register_function('callgate_hosts_renew', renew)
redis.register_function('callgate_hosts_leave', leave)
redis.register_function('callgate_hosts_forget', forget)
redis.register_function('callgate_hosts_declare_lost', declare_lost)
