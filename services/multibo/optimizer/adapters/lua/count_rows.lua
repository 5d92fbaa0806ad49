-- Counts the rows of a project that have not ended.
-- KEYS  1 due (zset of sids): a session with such rows is in it
-- ARGV  1 "<project>/"
-- Reply number of rows
-- Reads mbo:{<sid>}:pending, set: fields of the jobs that have not ended
local n = 0
for _, sid in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if string.sub(sid, 1, #ARGV[1]) == ARGV[1] then
    n = n + redis.call('SCARD', 'mbo:{' .. sid .. '}:pending')
  end
end
return n
