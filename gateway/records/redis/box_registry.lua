#!lua name=callgate_boxes
-- The registry of boxes. KEYS share the hash tag {boxes}.
--
-- KEYS  1 there  HASH  name → the box's place, encoded
--       2 gone   ZSET  name → when it was marked as removed, in milliseconds: the tombstones
--         lost  HASH  the hosts that were declared lost, by their ids: see host_registry.lua. The second key of enter
-- ARGV  enter: name, place, its host
--       mark_removed: name, milliseconds for which a tombstone is kept. It marks the box as removed
--       find: name

local function mark_removed(K, A)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HDEL', K[1], A[1])
  redis.call('ZADD', K[2], now, A[1])
  redis.call('ZREMRANGEBYSCORE', K[2], '-inf', now - A[2])
  return { 'GONE' }
end

-- No box is made any more on a host that a person has declared lost.
local function enter(K, A)
  if redis.call('HEXISTS', K[2], A[3]) == 1 then return { 'LOST' } end
  redis.call('HSET', K[1], A[1], A[2])
  return { 'OK' }
end

local function find(K, A)
  local place = redis.call('HGET', K[1], A[1])
  if place then return { 'THERE', place } end
  return { redis.call('ZSCORE', K[2], A[1]) and 'GONE' or 'NEVER' }
end

redis.register_function('callgate_boxes_enter', enter)
redis.register_function('callgate_boxes_mark_removed', mark_removed)
redis.register_function('callgate_boxes_find', find)
