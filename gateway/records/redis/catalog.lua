#!lua name=callgate_catalog
-- The catalogs of all tenants. KEYS share the hash tag {catalog}, so that what is published can be found in one step.
--
-- A tenant's tools lie at its home: `cg:{catalog}:of:TENANT`, or, for the one tenant that owns what was imported before toolsets
-- had owners, where that was: `cg:{catalog}`. Names of tenants are percent-encoded, so they have no colon.
--
-- cg:{catalog}:owner       STRING  '=TENANT', whose home is `cg:{catalog}`, or '-': no tenant's, for there was nothing.
--                                  Without it, what is there has no owner: all tenants read it, and none writes anything.
-- HOME:tools               HASH    name → the tool's entry: toolset, and each version's digest and state
-- HOME:names               ZSET    every name, all at score 0, so that they are in the order of their bytes
-- HOME:names:TOOLSET       ZSET    the same of one toolset
-- HOME:versions:NAME       HASH    version → the encoded ToolVersion
-- HOME:revision            STRING  how often anything of these tools has changed, since releases that count it
-- HOME:acts:NAME           HASH    'VERSION DEED' → who did that to the version last, and when
-- cg:{catalog}:published:TENANT           ZSET  'OWNER:TOOLSET' by when it was published to the tenant
-- cg:{catalog}:recipients:OWNER:TOOLSET   SET   the tenants that it is published to
-- cg:{catalog}:publications               HASH  'OWNER:TOOLSET:TENANT' → who published it, and when
--
-- The first key of each Function but `put` and `write` is the owner's. Those that need an owner begin their answer with
-- UNSETTLED where the gateway must settle first who that is, and with UNOWNED where it cannot say.

local ROOT = 'cg:{catalog}'

local function home(tenant)
  return redis.call('GET', ROOT .. ':owner') == '=' .. tenant and ROOT or ROOT .. ':of:' .. tenant
end

local function names_key(place, toolset)
  return toolset == '' and place .. ':names' or place .. ':names:' .. toolset
end

-- Where the tools lie that others publish to the tenant, in the order in which they were published.
local function shelves(tenant)
  local found = {}
  for _, member in ipairs(redis.call('ZRANGE', ROOT .. ':published:' .. tenant, 0, -1)) do
    local owner, toolset = member:match('^(.*):(.*)$')
    local place = home(owner)
    found[#found + 1] = { owner = owner, toolset = toolset, home = place, names = names_key(place, toolset), member = member }
  end
  return found
end

-- How things stand with the owner: nil, UNSETTLED where it can be said now, UNOWNED where it cannot.
local function doubt(owner_key, may_say)
  if redis.call('EXISTS', owner_key) == 1 then return nil end
  if may_say ~= '' or redis.call('EXISTS', ROOT .. ':tools') == 0 then return 'UNSETTLED' end
  return 'UNOWNED'
end

-- What the tenant can see beside its own.
local function beside(tenant, doubted)
  local found = shelves(tenant)
  if doubted == 'UNOWNED' then
    table.insert(found, 1, { owner = '', toolset = '', home = ROOT, names = ROOT .. ':names' })
  end
  return found
end

local function has(shelf, name)
  return redis.call('ZSCORE', shelf.names, name) ~= false
end

local function holder(seen, name)
  for _, shelf in ipairs(seen) do
    if has(shelf, name) then return shelf end
  end
  return nil
end

-- settle: owner's key | the tenant that is to own what has no owner, '' for none → the owner's key's value, or UNOWNED
local function settle(K, A)
  local owner = redis.call('GET', K[1])
  if not owner and A[1] ~= '' then owner = '=' .. A[1] end
  if not owner and redis.call('EXISTS', ROOT .. ':tools') == 0 then owner = '-' end
  if not owner then return { 'UNOWNED' } end
  redis.call('SET', K[1], owner)
  return { owner }
end

-- find: owner's key | tenant, whether this gateway can say the owner, names… → FOUND or UNOWNED, the tenant's home, and for each
-- name its home, its owner and its entry; all '' where the tenant sees none of that name. The tenant's own come first.
local function find(K, A)
  local tenant, doubted = A[1], doubt(K[1], A[2])
  if doubted == 'UNSETTLED' then return { doubted } end
  local own, seen = home(tenant), nil
  local reply = { doubted or 'FOUND', own }
  for at = 3, #A do
    local place, owner, entry = own, tenant, redis.call('HGET', own .. ':tools', A[at])
    if not entry then
      seen = seen or beside(tenant, doubted)
      local shelf = holder(seen, A[at])
      if shelf then place, owner, entry = shelf.home, shelf.owner, redis.call('HGET', shelf.home .. ':tools', A[at]) end
    end
    if not entry then place, owner, entry = '', '', '' end
    reply[#reply + 1] = place
    reply[#reply + 1] = owner
    reply[#reply + 1] = entry
  end
  return reply
end

-- names: owner's key | tenant, whether this gateway can say the owner, toolset ('' for all), the lowest name (ZRANGE), limit,
-- whether to leave out what is published ('' for no) → FOUND or UNOWNED, and up to `limit` names of each place, in no order
local function names(K, A)
  local tenant, doubted, toolset, lowest, limit = A[1], doubt(K[1], A[2]), A[3], A[4], A[5]
  if doubted == 'UNSETTLED' then return { doubted } end
  local own = home(tenant)
  local reply = { doubted or 'FOUND' }
  local function take(key) return redis.call('ZRANGE', key, lowest, '+', 'BYLEX', 'LIMIT', 0, limit) end
  for _, name in ipairs(take(names_key(own, toolset))) do reply[#reply + 1] = name end
  if A[6] ~= '' then return reply end
  local seen = beside(tenant, doubted)
  for _, shelf in ipairs(seen) do
    local whole = shelf.toolset == ''
    if toolset == '' or whole or shelf.toolset == toolset then
      for _, name in ipairs(take(whole and names_key(shelf.home, toolset) or shelf.names)) do
        if redis.call('HEXISTS', own .. ':tools', name) == 0 and (toolset == '' or holder(seen, name) == shelf) then
          reply[#reply + 1] = name
        end
      end
    end
  end
  return reply
end

-- revision: owner's key | tenant, whether this gateway can say the owner → FOUND or UNOWNED, and of each place that the tenant
-- sees tools of: which one it is, and how often its tools have changed
local function revision(K, A)
  local tenant, doubted = A[1], doubt(K[1], A[2])
  if doubted == 'UNSETTLED' then return { doubted } end
  local reply = { doubted or 'FOUND' }
  local function tell(what, place)
    reply[#reply + 1] = what
    reply[#reply + 1] = redis.call('GET', place .. ':revision') or '0'
  end
  tell(home(tenant), home(tenant))
  for _, shelf in ipairs(beside(tenant, doubted)) do tell(shelf.member or '', shelf.home) end
  return reply
end

-- taken: owner's key | tenant, toolset, names… → two lists: those of tools that are published to the tenant, and those that a
-- tenant to which the toolset is published has from another publication. What the tenant owns already is in neither.
local function taken(K, A)
  local tenant, toolset, published, clashing = A[1], A[2], {}, {}
  local own, seen, others = home(tenant), shelves(tenant), {} -- others: names of a toolset → the tools of each tenant that sees it
  local member = tenant .. ':' .. toolset
  for _, there in ipairs(redis.call('SMEMBERS', ROOT .. ':recipients:' .. member)) do
    local tools = home(there) .. ':tools'
    for _, shelf in ipairs(shelves(there)) do
      if shelf.member ~= member then
        others[shelf.names] = others[shelf.names] or {}
        table.insert(others[shelf.names], tools)
      end
    end
  end
  local function clashes(name)
    for names, seeing in pairs(others) do
      if redis.call('ZSCORE', names, name) then
        for _, tools in ipairs(seeing) do
          if redis.call('HEXISTS', tools, name) == 0 then return true end
        end
      end
    end
    return false
  end
  for at = 3, #A do
    local name = A[at]
    if redis.call('HEXISTS', own .. ':tools', name) == 0 then
      if holder(seen, name) then published[#published + 1] = name end
      if clashes(name) then clashing[#clashing + 1] = name end
    end
  end
  return { published, clashing }
end

-- publish: owner's key | owning tenant, toolset, tenant, who and when, most → PUBLISHED; or NONE: no such toolset; FULL: the
-- tenant has `most` already; TAKEN and names that the tenant has already; UNOWNED
local function publish(K, A)
  local owner, toolset, tenant, act, most = A[1], A[2], A[3], A[4], tonumber(A[5])
  local member, published = owner .. ':' .. toolset, ROOT .. ':published:' .. tenant
  if redis.call('EXISTS', K[1]) == 0 then return { 'UNOWNED' } end
  if redis.call('ZSCORE', published, member) then return { 'PUBLISHED' } end
  local own, seen, reply = home(tenant), shelves(tenant), { 'TAKEN' }
  local offered = redis.call('ZRANGE', names_key(home(owner), toolset), 0, -1)
  if #offered == 0 then return { 'NONE' } end
  for _, name in ipairs(offered) do
    if redis.call('HEXISTS', own .. ':tools', name) == 1 or holder(seen, name) then reply[#reply + 1] = name end
  end
  if #reply > 1 then return reply end
  if #seen >= most then return { 'FULL' } end
  local last = redis.call('ZREVRANGE', published, 0, 0, 'WITHSCORES')
  redis.call('ZADD', published, (tonumber(last[2]) or 0) + 1, member)
  redis.call('SADD', ROOT .. ':recipients:' .. member, tenant)
  redis.call('HSET', ROOT .. ':publications', member .. ':' .. tenant, act)
  return { 'PUBLISHED' }
end

-- withdraw: owner's key | owning tenant, toolset, tenant → 1, or 0 where it was not published
local function withdraw(K, A)
  local member, tenant = A[1] .. ':' .. A[2], A[3]
  redis.call('SREM', ROOT .. ':recipients:' .. member, tenant)
  redis.call('HDEL', ROOT .. ':publications', member .. ':' .. tenant)
  return { redis.call('ZREM', ROOT .. ':published:' .. tenant, member) }
end

-- put, which gateways of the release before call, and write, which puts on record who did it, too: replace the entries of some
-- tools, if each is still the one that the gateway has seen.
--
-- KEYS  1 HOME:tools
--       2 HOME:names
--       for each item: HOME:names:TOOLSET, HOME:versions:NAME
--       write: then HOME:acts:NAME for each act
-- ARGV  write: first, how many items
--       for each item: name, entry as seen ('' for none), entry, version ('' for none), encoded version
--       write: then for each act: 'VERSION DEED', and who and when ('': nothing is kept of it any more)
--
-- STALE    an entry is not the one that was seen: the gateway reads again. Nothing was written.

local function replace(K, A, first, last)
  for at = first, last, 5 do
    if (redis.call('HGET', K[1], A[at]) or '') ~= A[at + 1] then return 'STALE' end
  end
  local key = 3
  for at = first, last, 5 do
    local name, entry, version, encoded = A[at], A[at + 2], A[at + 3], A[at + 4]
    if version ~= '' then redis.call('HSET', K[key + 1], version, encoded) end
    redis.call('HSET', K[1], name, entry)
    redis.call('ZADD', K[2], 0, name)
    redis.call('ZADD', K[key], 0, name)
    key = key + 2
  end
  return 'PUT'
end

-- K[1] is the home's `tools`.
local function count(K)
  redis.call('INCR', (K[1]:gsub(':tools$', ':revision')))
end

local function put(K, A)
  local done = replace(K, A, 1, #A)
  if done == 'PUT' then count(K) end
  return { done }
end

local function write(K, A)
  local items = tonumber(A[1])
  local done = replace(K, A, 2, 1 + items * 5)
  if done == 'STALE' then return { done } end
  count(K)
  local key = 3 + items * 2
  for at = 2 + items * 5, #A, 2 do
    if A[at + 1] == '' then redis.call('HDEL', K[key], A[at]) else redis.call('HSET', K[key], A[at], A[at + 1]) end
    key = key + 1
  end
  return { done }
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
redis.register_function('callgate_catalog_write', write)
redis.register_function('callgate_catalog_settle', settle)
redis.register_function('callgate_catalog_publish', publish)
redis.register_function('callgate_catalog_withdraw', withdraw)
-- What only reads is answered by a server whose memory is full, too.
redis.register_function({ function_name = 'callgate_catalog_find', callback = find, flags = { 'no-writes' } })
redis.register_function({ function_name = 'callgate_catalog_names', callback = names, flags = { 'no-writes' } })
redis.register_function({ function_name = 'callgate_catalog_revision', callback = revision, flags = { 'no-writes' } })
redis.register_function({ function_name = 'callgate_catalog_taken', callback = taken, flags = { 'no-writes' } })
redis.register_function('callgate_catalog_write_within', within(write))
