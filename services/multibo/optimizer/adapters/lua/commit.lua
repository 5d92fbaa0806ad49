-- Writes everything one command changes, guarded by the session's rev.
-- KEYS  1 state  2 rounds  3 log  4 jobs  5 pending (set of job fields not ended)
--       6 requests  7 events  8 due (zset)
-- ARGV  1 expected rev  2 body  3 sid  4 session ttl in ms  5 events kept
--       6 request id or ""  7 request digest  8 reply
--       9 new round number or ""  10 its slate  11 due time after now in ms
--       12 closed round number or ""  13 its end  14 log entry or ""
--       15.. pairs: job field, job document
-- Reply "done", "missing", "replayed" or "contended" (only "done" has written)
local rev = redis.call('HGET', KEYS[1], 'rev')
if not rev then return 'missing' end
if ARGV[6] ~= '' and redis.call('HEXISTS', KEYS[6], ARGV[6] .. ':digest') == 1 then
  return 'replayed'
end
if rev ~= ARGV[1] then return 'contended' end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function tell(...)
  redis.call('XADD', KEYS[7], 'MAXLEN', '~', ARGV[5], '*', ...)
end

redis.call('HSET', KEYS[1], 'rev', rev + 1, 'body', ARGV[2])
if ARGV[14] ~= '' then redis.call('RPUSH', KEYS[3], ARGV[14]) end
if ARGV[12] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[12] .. '/end', ARGV[13])
  local prefix = ARGV[12] .. '/'
  for _, field in ipairs(redis.call('SMEMBERS', KEYS[5])) do
    if string.sub(field, 1, #prefix) == prefix then
      local job = cjson.decode(redis.call('HGET', KEYS[4], field))
      job.state, job.owner, job.lease_until_ms, job.ended_ms = 'cancelled', '', 0, now
      redis.call('HSET', KEYS[4], field, cjson.encode(job))
      redis.call('SREM', KEYS[5], field)
    end
  end
  tell('kind', 'round', 'round', ARGV[12])
end
if ARGV[9] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[9], ARGV[10])
  for i = 15, #ARGV, 2 do
    local job = cjson.decode(ARGV[i + 1])
    job.enqueued_ms, job.due_ms = now, now
    redis.call('HSET', KEYS[4], ARGV[i], cjson.encode(job))
    redis.call('SADD', KEYS[5], ARGV[i])
  end
  redis.call('ZADD', KEYS[8], now + ARGV[11], ARGV[3])
  tell('kind', 'round', 'round', ARGV[9])
end
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[6], ARGV[6] .. ':digest', ARGV[7], ARGV[6] .. ':reply', ARGV[8])
end
tell('kind', 'session')
for i = 1, 7 do redis.call('PEXPIRE', KEYS[i], ARGV[4]) end
return 'done'
