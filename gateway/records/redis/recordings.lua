#!lua name=callgate_recordings
-- What recorded runs keep, and how much of it each tenant has. A recording holds the ends of calls; a take (one run that records
-- or replays) numbers its calls, and the same call asked about again gets the same number. Whatever stores counts, in one step.
--
-- KEYS  1 the recording, HASH: "TOOL/ARGUMENTS[.RUN]/OCCURRENCE" → how the call ended. RUN: 32 characters of its name's hash
--         or the take, HASH: "n KEY" → how many calls of this key there are; "i KEY ID" → which of them this invocation is;
--         "events" → how many calls have begun and ended; "b KEY ID", "e KEY ID" → which of these are this invocation's
--         where it records: "runs" → how many there are, "r NUMBER" → "RUN NAME", "o RUN" → its number
--         where it replays: "c RUN" → the recorded run that this one is, "t RUN" → the run that is this recorded one
--       2 expiries, ZSET: key of a recording or take → when it is gone (milliseconds)
--       3 sizes, HASH: the same key → its bytes; "bytes" → of all; "recordings" → how many recordings there are; "for KEY" → which
--         import its room is kept for
--       4 only to forget or replace: the take that recorded; to find a run: the recording
--       5 only to find a run: the take that recorded
-- A gateway of the release before gives no 2 and 3 for a take, which is then not counted.
--
-- OVER what used most   the tenant has used its quota up, and nothing was stored

local OF_RECORDING = ':recording:%x+$'
local RUN = 32

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function is_recording(key) return string.find(key, OF_RECORDING) ~= nil end
local function told(K, what) return tonumber(redis.call('HGET', K[3], what) or '0') end

-- Count what a key has more, or less; and whether it is a recording that was not there.
local function count(K, key, bytes)
  if not redis.call('HGET', K[3], key) and is_recording(key) then redis.call('HINCRBY', K[3], 'recordings', 1) end
  redis.call('HINCRBY', K[3], key, bytes)
  redis.call('HINCRBY', K[3], 'bytes', bytes)
end

local function discount(K, key)
  local bytes = redis.call('HGET', K[3], key)
  redis.call('ZREM', K[2], key)
  if not bytes then return end
  redis.call('HDEL', K[3], key, 'for ' .. key)
  redis.call('HINCRBY', K[3], 'bytes', -bytes)
  if is_recording(key) then redis.call('HINCRBY', K[3], 'recordings', -1) end
end

-- What has expired counts no more: some at a time, and the rest with the next step.
local function sweep(K)
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', K[2], '-inf', now(), 'LIMIT', 0, 1000)) do discount(K, key) end
end

local function keep_for(K, milliseconds)
  redis.call('PEXPIRE', K[1], milliseconds)
  if K[2] then redis.call('ZADD', K[2], now() + milliseconds, K[1]) end
end

-- What the release before stored, and did not count.
local function adopt(K)
  if redis.call('HEXISTS', K[3], K[1]) == 1 or redis.call('EXISTS', K[1]) == 0 then return end
  local bytes = 0
  for _, text in ipairs(redis.call('HGETALL', K[1])) do bytes = bytes + #text end
  count(K, K[1], bytes)
end

-- Whether so many bytes more are too many, or a recording that is not there yet is one too many.
local function over(K, bytes, most_bytes, most_recordings)
  local used, recordings = told(K, 'bytes'), told(K, 'recordings')
  if bytes > 0 and used + bytes > tonumber(most_bytes) then return { 'OVER', 'recordings_bytes', used, most_bytes } end
  local new = is_recording(K[1]) and redis.call('HEXISTS', K[3], K[1]) == 0
  if new and recordings >= tonumber(most_recordings) then return { 'OVER', 'recordings', recordings, most_recordings } end
end

-- Give a call the next number of a counter, once. A refusal where the quota has no room for it.
local function numbered(K, A, counter, mine)
  if redis.call('HEXISTS', K[1], mine) == 1 then return end
  local before = redis.call('HGET', K[1], counter)
  local after = tostring(tonumber(before or '0') + 1)
  local bytes = #mine + 2 * #after + (before and -#before or #counter)
  local refusal = K[2] and over(K, bytes, A[4], A[5])
  if refusal then return refusal end
  redis.call('HSET', K[1], counter, after, mine, after)
  if K[2] then count(K, K[1], bytes) end
end

-- Put a run ("RUN NAME") behind those that are listed, once. A refusal where the quota has no room for it.
local function enlist(K, run, most_bytes, most_recordings)
  local order = 'o ' .. string.sub(run, 1, RUN)
  if redis.call('HEXISTS', K[1], order) == 1 then return end
  local before = redis.call('HGET', K[1], 'runs')
  local number = tostring(tonumber(before or '0') + 1)
  local bytes = #order + #number + #'r ' + #number + #run + #number + (before and -#before or #'runs')
  local refusal = over(K, bytes, most_bytes, most_recordings)
  if refusal then return refusal end
  redis.call('HSET', K[1], 'runs', number, order, number, 'r ' .. number, run)
  count(K, K[1], bytes)
end

-- recording_run: "RUN NAME", retention, most bytes, most recordings → OK, OVER. Lists a run of an import.
local function recording_run(K, A)
  sweep(K)
  local refusal = enlist(K, A[1], A[3], A[4])
  if refusal then return refusal end
  keep_for(K, A[2])
  return { 'OK' }
end

-- The recorded run for a call of a run that has none yet: '' for the calls of no name, nothing where none has the call.
local function fitting(K, own, call, alone)
  if redis.call('HEXISTS', K[5], 'o ' .. own) == 1 then return own end
  if redis.call('HEXISTS', K[4], call .. '/1') == 1 then return '' end
  for number = 1, tonumber(redis.call('HGET', K[5], 'runs') or '0') do
    local run = string.sub(redis.call('HGET', K[5], 'r ' .. number), 1, RUN)
    local free = not alone or redis.call('HEXISTS', K[1], 't ' .. run) == 0
    if free and redis.call('HEXISTS', K[4], call .. '.' .. run .. '/1') == 1 then return run end
  end
end

local function name_of(K, run)
  local number = redis.call('HGET', K[5], 'o ' .. run)
  return number and string.sub(redis.call('HGET', K[5], 'r ' .. number), RUN + 2) or ''
end

-- replayed_run: RUN, key of its call, whether no other run may be the same one, retention, most bytes, most recordings
-- → RUN and the name of the recorded run that it is; NONE; OVER
local function replayed_run(K, A)
  local mine, known = 'c ' .. A[1], redis.call('HGET', K[1], 'c ' .. A[1])
  if known then return { 'RUN', name_of(K, known) } end
  local found = fitting(K, A[1], A[2], A[3] == '1')
  if not found then return { 'NONE' } end
  local fresh = redis.call('HEXISTS', K[1], 't ' .. found) == 0
  local bytes = #mine + #found + (fresh and #'t ' + #found + #A[1] or 0)
  sweep(K)
  adopt(K)
  local refusal = over(K, bytes, A[5], A[6])
  if refusal then return refusal end
  redis.call('HSET', K[1], mine, found)
  if fresh then redis.call('HSET', K[1], 't ' .. found, A[1]) end
  count(K, K[1], bytes)
  keep_for(K, A[4])
  return { 'RUN', name_of(K, found) }
end

-- number: key (tool and arguments digests, run), id, retention (milliseconds) [most bytes, most recordings [ended [RUN NAME]]]
-- → which of the calls of this key it is, the numbers of the events of its beginning and of its end. What a gateway of the release
-- before has numbered has neither.
local function number(K, A)
  local call = A[1] .. ' ' .. A[2]
  local mine, begun, ended = 'i ' .. call, 'b ' .. call, 'e ' .. call
  if K[2] then
    sweep(K)
    adopt(K)
  end
  local refusal
  if redis.call('HEXISTS', K[1], mine) == 0 then
    refusal = numbered(K, A, 'events', begun) or numbered(K, A, 'n ' .. A[1], mine)
  end
  if not refusal and A[7] and A[7] ~= '' then refusal = enlist(K, A[7], A[4], A[5]) end
  if not refusal and A[6] == '1' and redis.call('HEXISTS', K[1], begun) == 1 then refusal = numbered(K, A, 'events', ended) end
  if refusal then return refusal end
  keep_for(K, A[3])
  local told = redis.call('HMGET', K[1], mine, begun, ended)
  return { tonumber(told[1]), tonumber(told[2] or '0'), tonumber(told[3] or '0') }
end

-- keep: field, value, retention, most bytes, most recordings, import ('' for none) → OK, OVER. What has its room kept counts already.
local function keep(K, A)
  local field, value = A[1], A[2]
  sweep(K)
  adopt(K)
  local before = redis.call('HEXISTS', K[1], field) == 1 and #field + redis.call('HSTRLEN', K[1], field) or 0
  local reserved = A[6] ~= '' and redis.call('HGET', K[3], 'for ' .. K[1]) == A[6]
  local bytes = reserved and 0 or #field + #value - before
  local refusal = over(K, bytes, A[4], A[5])
  if refusal then return refusal end
  redis.call('HSET', K[1], field, value)
  count(K, K[1], bytes)
  keep_for(K, A[3])
  return { 'OK' }
end

local function forget(K)
  for _, key in ipairs({ K[1], K[4] }) do
    redis.call('UNLINK', key) -- what is freed may be hundreds of megabytes, and others wait
    discount(K, key)
  end
  return { 'OK' }
end

-- replace: bytes, milliseconds, most bytes, most recordings, import → OK, OVER. Where a recording of so many bytes has room in place
-- of the one of its name, that one is gone, and the room is kept for that import for so long, or until another one takes its place.
local function replace(K, A)
  sweep(K)
  adopt(K)
  local before = told(K, K[1]) + told(K, K[4])
  local refusal = over(K, tonumber(A[1]) - before, A[3], A[4])
  if refusal then return refusal end
  forget(K)
  count(K, K[1], A[1])
  redis.call('HSET', K[3], 'for ' .. K[1], A[5])
  redis.call('ZADD', K[2], now() + A[2], K[1])
  return { 'OK' }
end

-- room: most bytes, most recordings → OK, OVER. Whether the next end of a call would find room.
local function room(K, A)
  sweep(K)
  return over(K, 1, A[1], A[2]) or { 'OK' }
end

-- use → bytes, recordings
local function use(K)
  sweep(K)
  return { told(K, 'bytes'), told(K, 'recordings') }
end

redis.register_function('callgate_number', number)
redis.register_function('callgate_recording_run', recording_run)
redis.register_function('callgate_replayed_run', replayed_run)
redis.register_function('callgate_recording_keep', keep)
redis.register_function('callgate_recording_replace', replace)
redis.register_function('callgate_recording_room', room)
-- A full Redis takes these two: they make room, and tell where it went.
redis.register_function({ function_name = 'callgate_recording_forget', callback = forget, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'callgate_recording_use', callback = use, flags = { 'allow-oom' } })
