#!lua name=callgate_recordings
-- Numbers the calls of a take (one run that records or replays). The same call asked about again gets the same number.
--
-- KEYS  1 take  HASH  "n KEY" → how many calls of this key there are; "i KEY ID" → which of them this invocation is
-- ARGV  key (tool digest and arguments digest), invocation's id, retention (milliseconds)

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
