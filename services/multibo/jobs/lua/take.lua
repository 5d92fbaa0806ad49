-- Takes rows for a batch: the most urgent class first, in it project by project, each
-- project one round at a time. All of it is a hint: a row may wait twice or be long gone.
-- KEYS  1 rows (zset): reference -> class * span + time in ms; beyond SORTED once the
--         reference is in a lane too
--       2 lanes, of which are written
--         <lanes>/<class> (zset): project -> rows it was served while it waited
--         <lanes>/<class>/<project> (zset): reference -> as pushed
--       3 compat keys under which rows may wait (set)
-- ARGV  1 rows wanted  2 span of a class in ms  3 rows sorted into lanes at most
--       4 the compat key
-- Reply list of references
local SORTED, wanted, taken = 1e15, tonumber(ARGV[1]), {}
local pushed = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. SORTED, 'WITHSCORES',
  'LIMIT', 0, ARGV[3])
for n = 1, #pushed, 2 do
  local row, score = pushed[n], tonumber(pushed[n + 1])
  local index = KEYS[2] .. '/' .. math.min(math.floor(score / tonumber(ARGV[2])), 9)
  local project = string.match(row, '^[^/]*')
  redis.call('ZADD', index .. '/' .. project, 'LT', pushed[n + 1], row)
  redis.call('ZADD', KEYS[1], string.format('%.17g', SORTED + score), row)
  -- Who comes anew stands level with whoever was served least: no credit, no debt.
  local least = redis.call('ZRANGE', index, 0, 0, 'WITHSCORES')[2] or '0'
  redis.call('ZADD', index, 'NX', least, project)
end
local function serve(lane)
  local n, round = 0, nil
  while #taken < wanted do
    local row = redis.call('ZRANGE', lane, 0, 0)[1]
    if not row then return n end
    local its_round = string.match(row, '^(.*)/') or row
    if round and its_round ~= round then return n end
    redis.call('ZREM', lane, row)
    if redis.call('ZREM', KEYS[1], row) == 1 then
      n, round, taken[#taken + 1] = n + 1, its_round, row
    end
  end
  return n
end
for class = 0, 9 do
  local index = KEYS[2] .. '/' .. class
  while #taken < wanted do
    local project = redis.call('ZRANGE', index, 0, 0)[1]
    if not project then break end
    local lane = index .. '/' .. project
    redis.call('ZINCRBY', index, serve(lane), project)
    if redis.call('EXISTS', lane) == 0 then redis.call('ZREM', index, project) end
  end
end
if #taken == 0 then
  -- Sorted, but their lane was lost: nobody else would ever find them.
  local lost = redis.call('ZPOPMIN', KEYS[1], wanted)
  for n = 1, #lost, 2 do taken[#taken + 1] = lost[n] end
end
-- Clients choose what is in a compat key: those without rows would grow without end.
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[3], ARGV[4]) end
return taken
