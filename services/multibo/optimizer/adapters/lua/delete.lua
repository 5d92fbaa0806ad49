-- Removes everything of a session, and notes its images for the sweep.
-- KEYS  1 state  2 project's sessions (zset)  3 due (zset)
--       4 project's sessions that go on (zset)  5 images to sweep (zset)  6 jobs
--       7.. the other keys
-- ARGV  1 sid
-- Reply 1 if it was there, else 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, job in ipairs(redis.call('HVALS', KEYS[6])) do
  -- The image's document is a string within the job's, so its quotes are escaped.
  for address in string.gmatch(job, 'address\\*":\\*"(%x+)') do
    if #address == 64 then redis.call('ZADD', KEYS[5], now, address) end
  end
end
-- What remains of the creating request is its digest: it makes no second session.
local request = redis.call('HGET', KEYS[1], 'request')
if request then redis.call('HDEL', request, 'reply') end
local there = redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
for i = 6, #KEYS do redis.call('DEL', KEYS[i]) end
return there
