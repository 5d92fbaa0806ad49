-- Stores a new session unless its name is taken.
-- KEYS  1 state  2 events  3 project's sessions (zset)  4 the creating request (string)
-- ARGV  1 body  2 project  3 sid  4 create time in ms  5 session ttl in ms
--       6 request digest  7 reply  8 request ttl in ms  9 events kept
-- Reply "done", or "exists" (nothing written)
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('EXISTS', KEYS[4]) == 1 then
  return 'exists'
end
redis.call('HSET', KEYS[1], 'rev', 1, 'project', ARGV[2], 'body', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[9], '*', 'kind', 'session')
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[3])
redis.call('HSET', KEYS[4], 'digest', ARGV[6], 'reply', ARGV[7])
redis.call('PEXPIRE', KEYS[4], ARGV[8])
return 'done'
