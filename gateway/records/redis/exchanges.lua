#!lua name=callgate_exchanges
-- What calls were asked and answered, and how much of it each tenant has. Whatever stores counts, in one step.
--
-- KEYS  1 the exchange, STRING; of `use`, expiries once more
--       2 expiries, ZSET: key of an exchange → when it is gone (milliseconds)
--       3 sizes, HASH: the same key → its bytes; "bytes" → of all
--       4 erased, STRING: when all of the tenant's were erased (milliseconds): what had ended by then is not kept again
--
-- OVER used most   the tenant has used its quota up, and nothing was stored
-- ERASED           nor was anything of what has been erased

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function used(K) return tonumber(redis.call('HGET', K[3], 'bytes') or '0') end

local function discount(K, key)
  local bytes = redis.call('HGET', K[3], key)
  redis.call('ZREM', K[2], key)
  if not bytes then return end
  redis.call('HDEL', K[3], key)
  if redis.call('HINCRBY', K[3], 'bytes', -bytes) == 0 then redis.call('DEL', K[3]) end
end

-- What has expired counts no more: some at a time, and the rest with the next step.
local function sweep(K)
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', K[2], '-inf', now(), 'LIMIT', 0, 1000)) do discount(K, key) end
end

-- keep: value, milliseconds, most bytes, when the call ended → OK, OVER, ERASED
local function keep(K, A)
  local value, milliseconds, most = A[1], A[2], tonumber(A[3])
  if tonumber(A[4]) <= tonumber(redis.call('GET', K[4]) or '-1') then return { 'ERASED' } end
  sweep(K)
  local before = tonumber(redis.call('HGET', K[3], K[1]) or '0')
  if used(K) - before + #value > most then return { 'OVER', used(K) - before, most } end
  discount(K, K[1])
  redis.call('SET', K[1], value, 'PX', milliseconds)
  redis.call('ZADD', K[2], now() + milliseconds, K[1])
  redis.call('HSET', K[3], K[1], #value)
  redis.call('HINCRBY', K[3], 'bytes', #value)
  return { 'OK' }
end

local function forget(K)
  redis.call('UNLINK', K[1])
  discount(K, K[1])
  return { 'OK' }
end

-- begin_erasing: before the first one is forgotten → OK
local function begin_erasing(K)
  redis.call('SET', K[4], now())
  return { 'OK' }
end

-- use → bytes
local function use(K)
  sweep(K)
  return { used(K) }
end

redis.register_function('callgate_exchange_keep', keep)
-- A full Redis takes these: they make room, and tell where it went.
redis.register_function({ function_name = 'callgate_exchange_erase', callback = begin_erasing, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'callgate_exchange_forget', callback = forget, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'callgate_exchange_use', callback = use, flags = { 'allow-oom' } })
