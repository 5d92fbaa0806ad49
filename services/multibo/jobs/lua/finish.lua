-- Ends an attempt if it is still the row's: ready, failed or given back.
-- KEYS  1 jobs  2 pending (set)  3 events  4 due (zset)  5 opened (list)
-- ARGV  1 job field  2 attempt  3 outcome: "ready", "failed" or "released"
--       4 image document  5 features document  6 note  (ready)
--       7 reason  8 attempts allowed  (failed)  9 delay in ms until it is due again
--       10 events kept  11 sid  12 opened rounds kept  13 their ttl in ms
-- Reply the new state, or "stale" (nothing written)
local document = redis.call('HGET', KEYS[1], ARGV[1])
if not document then return 'stale' end
local job = cjson.decode(document)
if job.state ~= 'rendering' or job.attempt ~= tonumber(ARGV[2]) then return 'stale' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local event = {'kind', 'candidate', 'round', job.round, 'slot', job.slot}
job.owner, job.lease_until_ms = '', 0
if ARGV[3] == 'ready' then
  job.state, job.image, job.features, job.note = 'ready', ARGV[4], ARGV[5], ARGV[6]
  job.ended_ms = now
  -- Nothing changes it any more: whoever watches need not read the job.
  for _, part in ipairs({'image', ARGV[4], 'features', ARGV[5], 'note', ARGV[6],
      'attempt', job.attempt, 'started_ms', job.started_ms, 'ended_ms', now}) do
    event[#event + 1] = part
  end
else
  job.state, job.due_ms = 'queued', now + ARGV[9]
  if ARGV[3] == 'failed' then
    job.failures, job.failure = job.failures + 1, ARGV[7]
    if job.failures >= tonumber(ARGV[8]) then job.state, job.ended_ms = 'failed', now end
  end
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(job))
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[10], '*', unpack(event))
if job.state == 'queued' then
  redis.call('ZADD', KEYS[4], 'LT', job.due_ms, ARGV[11])
  return job.state
end
redis.call('SREM', KEYS[2], ARGV[1])
local prefix, left = job.round .. '/', false
for _, field in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if string.sub(field, 1, #prefix) == prefix then left = true end
end
if not left then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[10], '*', 'kind', 'round', 'round', job.round)
  redis.call('RPUSH', KEYS[5], ARGV[11] .. '/' .. job.round)
  redis.call('LTRIM', KEYS[5], -tonumber(ARGV[12]), -1)
  redis.call('PEXPIRE', KEYS[5], ARGV[13])
end
return job.state
