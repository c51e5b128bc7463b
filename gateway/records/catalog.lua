#!lua name=callgate_catalog
-- The catalog's one transition. KEYS share the hash tag {catalog}.
--
-- KEYS  1 newest    HASH  name → version
--       2 owners    HASH  name → toolset
--       3 digests   HASH  of this name: digest → the last version that had it
--       4 versions  HASH  of this name: version → the encoded ToolVersion
-- ARGV  name toolset newest-as-seen version digest encoded
--
-- OWNED    another toolset has the name
-- STALE    somebody else added a version since the caller looked: look again

local function add(K, A)
  local name, toolset, seen, version, digest, encoded = A[1], A[2], A[3], A[4], A[5], A[6]
  local owner = redis.call('HGET', K[2], name)
  if owner and owner ~= toolset then return { 'OWNED', owner } end
  if (redis.call('HGET', K[1], name) or '') ~= seen then return { 'STALE' } end
  redis.call('HSET', K[4], version, encoded)
  redis.call('HSET', K[3], digest, version)
  redis.call('HSET', K[2], name, toolset)
  redis.call('HSET', K[1], name, version)
  return { 'ADDED' }
end

redis.register_function('callgate_catalog_add', add)
