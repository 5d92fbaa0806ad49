-- Stores a new session unless its name is taken.
-- KEYS  1 state  2 events  3 project's sessions (zset)  4 the creating request (hash)
--       5 rounds  6 jobs  7 log  8 project's sessions that go on (zset)
-- ARGV  1 body  2 project  3 sid  4 create time in ms  5 session ttl in ms
--       6 request digest  7 reply  8 request ttl in ms  9 events kept
--       10 whether it goes on, 1 or 0  11 number of round fields  12 number of jobs
--       then per round field and per job: field, document; then the log's entries
-- Reply "done", or "exists" (nothing written)
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('EXISTS', KEYS[4]) == 1 then
  return 'exists'
end
-- The request is named too: its reply tells the prompt, and goes with the session.
redis.call('HSET', KEYS[1], 'rev', 1, 'project', ARGV[2], 'body', ARGV[1],
  'request', KEYS[4])
local at = 13
local function fill(key, n)
  for _ = 1, tonumber(n) do
    redis.call('HSET', key, ARGV[at], ARGV[at + 1])
    at = at + 2
  end
end
fill(KEYS[5], ARGV[11])
fill(KEYS[6], ARGV[12])
while at <= #ARGV do
  redis.call('RPUSH', KEYS[7], ARGV[at])
  at = at + 1
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[9], '*', 'kind', 'session')
for _, key in ipairs({KEYS[1], KEYS[2], KEYS[5], KEYS[6], KEYS[7]}) do
  redis.call('PEXPIRE', key, ARGV[5])
end
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[8], '-inf', now)
if ARGV[10] == '1' then redis.call('ZADD', KEYS[8], now + ARGV[5], ARGV[3]) end
redis.call('HSET', KEYS[4], 'digest', ARGV[6], 'reply', ARGV[7])
redis.call('PEXPIRE', KEYS[4], ARGV[8])
return 'done'
