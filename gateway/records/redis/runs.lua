
-- Runs of agents: plan, state and end. Loaded behind ledger.lua, as a part of its library: each step looks at the tenant's history
-- first, and is an event like any other. Whether a run is over, a claim asks by itself (ledger.lua).
--
-- KEYS 11 run, HASH: st, owner and name, plan and its digest, labels, version, state or artifact with digest and the token of the
--         save that put it there, started, saved, ended, author, reason, calls, keep (milliseconds), exp (when it is forgotten)
--      12 calls, 13 expiries: as for a claim
--      14 runs, ZSET: a run's id → minus the moment when it was started, so that the newest come first
--      15 sizes, HASH: a run's id → its bytes; "bytes" → of all
--      16 stopping, SET: runs that are over, and whose calls may not all have been stopped
-- OVER what used most   the tenant has used its quota up, and nothing was stored

local function id_of_run(K) return string.match(K[11], '[^:]+$') end

local function strike(K, id)
  for _, index in ipairs({ K[13], K[14] }) do redis.call('ZREM', index, id) end
  local bytes = redis.call('HGET', K[15], id)
  if bytes then redis.call('HINCRBY', K[15], 'bytes', 0 - bytes) end
  redis.call('HDEL', K[15], id)
  redis.call('SREM', K[16], id)
end

-- What has expired counts no more: some at a time, and the rest with the next step.
local function sweep_runs(K)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', K[13], '-inf', now(), 'LIMIT', 0, 1000)) do strike(K, id) end
end

-- Count so many bytes more of this run, unless they are too many.
local function weigh(K, bytes, most)
  local used = tonumber(redis.call('HGET', K[15], 'bytes') or '0')
  if bytes > 0 and used + bytes > tonumber(most) then return { 'OVER', 'runs_bytes', used, most } end
  redis.call('HINCRBY', K[15], id_of_run(K), bytes)
  redis.call('HINCRBY', K[15], 'bytes', bytes)
end

-- What is said again writes, too: so who says it waits for the replicas that were behind the first time.
local function write_again(K, field, value) redis.call('HSET', K[11], field, value) end

-- Of a store that may have lost it, no run is said to be none.
local function absent(line) return line.open and 'QUARANTINED' or 'ABSENT' end

local function packed_run(K) return cmsgpack.pack(redis.call('HGETALL', K[11])) end

-- start: "" owner name plan digest labels keep most-runs most-bytes → OK, and NEW where it was not there, with the run (packed);
--        DIFFERS, QUARANTINED, OVER
local function run_start(K, A, line)
  sweep_runs(K)
  local digest = redis.call('HGET', K[11], 'digest')
  if digest then return digest == A[5] and { 'OK', packed_run(K) } or { 'DIFFERS' } end
  if line.open then return { 'QUARANTINED' } end
  strike(K, id_of_run(K))
  local runs = redis.call('ZCARD', K[14])
  if runs >= tonumber(A[8]) then return { 'OVER', 'runs', runs, A[8] } end
  local refusal = weigh(K, #A[4] + #A[6], A[9])
  if refusal then return refusal end
  redis.call('HSET', K[11], 'st', 'RUNNING', 'owner', A[2], 'name', A[3], 'plan', A[4], 'digest', A[5], 'labels', A[6],
    'version', 0, 'started', now(), 'calls', 0, 'keep', A[7])
  redis.call('ZADD', K[14], -now(), id_of_run(K))
  keep_run(K, tonumber(A[7]))
  audit(K, id_of_run(K), 'RUN_STARTED')
  return { 'NEW', packed_run(K) }
end

-- save: "" seen token digest state artifact most-bytes → OK version; ABSENT, LOST version, RUN_OVER status, MOVED version,
--       QUARANTINED, OVER
local function run_save(K, A, line)
  sweep_runs(K)
  local st, version, token, digest, keep, state = unpack(
    redis.call('HMGET', K[11], 'st', 'version', 'token', 'saved-digest', 'keep', 'state'))
  if not st then return { absent(line) } end
  local seen = tonumber(A[2])
  version = tonumber(version)
  if seen > version then return { 'LOST', version } end
  if seen == version - 1 and token == A[3] and digest == A[4] then -- its reply was lost
    write_again(K, 'version', version)
    return { 'OK', version }
  end
  if st ~= 'RUNNING' then return { 'RUN_OVER', st } end
  if seen < version then return { 'MOVED', version } end
  if line.open then return { 'QUARANTINED' } end
  local refusal = weigh(K, #A[5] - #(state or ''), A[7])
  if refusal then return refusal end
  redis.call('HSET', K[11], 'version', version + 1, 'token', A[3], 'saved-digest', A[4], 'state', A[5], 'artifact', A[6],
    'saved', now())
  keep_run(K, tonumber(keep))
  audit(K, id_of_run(K), 'RUN_STATE_SAVED', 'version', version + 1)
  return { 'OK', version + 1 }
end

-- end: "" status author reason → OK and the run (packed); ABSENT, RUN_OVER status, QUARANTINED
local function run_end(K, A, line)
  local st, keep, calls = unpack(redis.call('HMGET', K[11], 'st', 'keep', 'calls'))
  if not st then return { absent(line) } end
  if st == A[2] or (st ~= 'RUNNING' and A[2] == 'KILLED') then
    write_again(K, 'st', st)
    return { 'OK', packed_run(K) }
  end
  if st ~= 'RUNNING' then return { 'RUN_OVER', st } end
  if line.open then return { 'QUARANTINED' } end
  redis.call('HSET', K[11], 'st', A[2], 'author', A[3], 'reason', A[4], 'ended', now())
  if tonumber(calls) > 0 then redis.call('SADD', K[16], id_of_run(K)) end
  keep_run(K, tonumber(keep))
  audit(K, id_of_run(K), A[2] == 'KILLED' and 'RUN_KILLED' or 'RUN_ENDED', 'status', A[2], 'author', A[3], 'reason', A[4])
  return { 'OK', packed_run(K) }
end

-- attach: id → OK. A call of the run that was claimed before the run was started, and is sent again in it.
local function run_attach(K, A)
  local run, keep = standing_of_run(K)
  if is_unlisted(K, A[1]) and get(K, 'st') then list_in_run(K, A[1], number(K, 'fence'), tonumber(keep)) end
  return { 'OK' }
end

register('run_attach', run_attach)
register('run_start', run_start)
register('run_save', run_save)
register('run_end', run_end, { 'allow-oom' }) -- in a full Redis, too, a run is stopped
