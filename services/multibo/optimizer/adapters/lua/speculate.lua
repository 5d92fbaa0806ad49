-- Asks for rows ahead of any answer, as long as the session stays as it is.
-- KEYS  1 state  2 speculation  3 speculative rows of the compat key (zset)
--       4 the project's speculative rows (zset)
-- ARGV  1 rev  2 sid  3 life in ms  4 rows per session  5 rows per project
--       then per row: its digest, its document, its score
-- Reply number of rows asked for anew; -1 if the session has moved on
if redis.call('HGET', KEYS[1], 'rev') ~= ARGV[1] then return -1 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now)
local n_session, n_project = redis.call('HLEN', KEYS[2]), redis.call('ZCARD', KEYS[4])
local asked = 0
for at = 6, #ARGV, 3 do
  local digest, reference = ARGV[at], ARGV[2] .. '/' .. ARGV[at]
  local known = redis.call('HGET', KEYS[2], digest)
  if known then
    local row = cjson.decode(known)
    row.answers = cjson.decode(ARGV[at + 1]).answers
    redis.call('HSET', KEYS[2], digest, cjson.encode(row))
    redis.call('ZADD', KEYS[3], 'XX', ARGV[at + 2], reference)
  elseif n_session < tonumber(ARGV[4]) and n_project < tonumber(ARGV[5]) then
    redis.call('HSET', KEYS[2], digest, ARGV[at + 1])
    redis.call('ZADD', KEYS[3], ARGV[at + 2], reference)
    redis.call('ZADD', KEYS[4], now + ARGV[3], reference)
    n_session, n_project, asked = n_session + 1, n_project + 1, asked + 1
  end
end
for n = 2, 4 do redis.call('PEXPIRE', KEYS[n], ARGV[3]) end
return asked
