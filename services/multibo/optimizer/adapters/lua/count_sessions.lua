-- Counts sessions of a project that are not finished and have not expired.
-- KEYS  1 project's sessions that go on (zset), scored by when they expire
-- ARGV  none
-- Reply number of sessions
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZCOUNT', KEYS[1], now, '+inf')
