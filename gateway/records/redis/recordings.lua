#!lua name=callgate_recordings
-- Numbers the calls of a take, each once however often it is asked after.
--
-- KEYS  1 take  HASH  "n SORT" → how many there are; "i SORT ID" → which one it is
-- ARGV  sort id retention (milliseconds)

local function number(K, A)
  local counted, mine = 'n ' .. A[1], 'i ' .. A[1] .. ' ' .. A[2]
  local known = redis.call('HGET', K[1], mine)
  if not known then
    known = redis.call('HINCRBY', K[1], counted, 1)
    redis.call('HSET', K[1], mine, known)
  end
  redis.call('PEXPIRE', K[1], A[3])
  return { tonumber(known) }
end

redis.register_function('callgate_number', number)
