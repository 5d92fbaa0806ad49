-- Counts sessions of a project that are not finished, on one page of its index.
-- KEYS  1 project's sessions (zset)
-- ARGV  1 first rank  2 last rank, newest first
-- Reply {number on the page, number of those that go on}
-- Reads mbo:{<sid>}:state, hash: body holds the session's JSON
local page = redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[2])
local open = 0
for _, sid in ipairs(page) do
  local body = redis.call('HGET', 'mbo:{' .. sid .. '}:state', 'body')
  if body and cjson.decode(body).state ~= 'finished' then open = open + 1 end
end
return {#page, open}
