#!lua name=callgate_catalog
-- The catalog's one transition: replace the entries of some tools, if each is still the one that the gateway has seen.
-- KEYS share the hash tag {catalog}.
--
-- KEYS  1 tools     HASH  name → the tool's entry: toolset, and each version's digest and state
--       2 names     ZSET  every name, all at score 0, so that they are in the order of their bytes
--       for each item: the ZSET of its toolset's names, and the HASH of its name: version → the encoded ToolVersion
-- ARGV  for each item: name, entry as seen ('' for none), entry, version ('' for none), encoded version
--
-- STALE    an entry is not the one that was seen: the gateway reads again. Nothing was written.

local function put(K, A)
  for at = 1, #A, 5 do
    if (redis.call('HGET', K[1], A[at]) or '') ~= A[at + 1] then return { 'STALE' } end
  end
  local key = 3
  for at = 1, #A, 5 do
    local name, entry, version, encoded = A[at], A[at + 2], A[at + 3], A[at + 4]
    if version ~= '' then redis.call('HSET', K[key + 1], version, encoded) end
    redis.call('HSET', K[1], name, entry)
    redis.call('ZADD', K[2], 0, name)
    redis.call('ZADD', K[key], 0, name)
    key = key + 2
  end
  return { 'PUT' }
end

-- …_within: the same, where its tenant has room for it. KEYS: the sizes, HASH tenant → bytes of its versions, before the others.
-- ARGV: tenant, bytes that are added, most bytes, before the others.
--
-- OVER used   there is no room. Nothing was written.
local function within(transition)
  return function(K, A)
    local sizes, tenant, bytes, most = table.remove(K, 1), table.remove(A, 1), table.remove(A, 1), table.remove(A, 1)
    local used = tonumber(redis.call('HGET', sizes, tenant) or '0')
    if used + tonumber(bytes) > tonumber(most) then return { 'OVER', used } end
    local reply = transition(K, A)
    if reply[1] ~= 'STALE' then redis.call('HINCRBY', sizes, tenant, bytes) end
    return reply
  end
end

redis.register_function('callgate_catalog_put', put)
redis.register_function('callgate_catalog_put_within', within(put))
