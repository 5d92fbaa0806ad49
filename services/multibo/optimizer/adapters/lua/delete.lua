-- Removes everything of a session.
-- KEYS  1 state  2 project's sessions (zset)  3 due (zset)
--       4 project's sessions that go on (zset)  5.. the other keys
-- ARGV  1 sid
-- Reply 1 if it was there, else 0
local there = redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
for i = 5, #KEYS do redis.call('DEL', KEYS[i]) end
return there
