-- Looks after one session whose deadline passed: expired leases return to the
-- queue, and rows that wait too long are named so that they are pushed again.
-- KEYS  1 state  2 jobs  3 pending (set)  4 events  5 due (zset)
-- ARGV  1 sid  2 lapses allowed  3 events kept  4 patience in ms  5 patience cap in ms
-- Reply list of job documents to push again; an empty list when nothing waits
local pending = redis.call('SMEMBERS', KEYS[3])
if redis.call('EXISTS', KEYS[1]) == 0 or #pending == 0 then
  redis.call('ZREM', KEYS[5], ARGV[1])
  return {}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local again, next_look, failed_round = {}, now + ARGV[5], nil
for _, field in ipairs(pending) do
  local job = cjson.decode(redis.call('HGET', KEYS[2], field))
  if job.state == 'rendering' and job.lease_until_ms <= now then
    job.state, job.owner, job.lease_until_ms, job.due_ms = 'queued', '', 0, now
    job.lapses = job.lapses + 1
    if job.lapses >= tonumber(ARGV[2]) then
      job.state, job.failure, job.ended_ms = 'failed', 'worker lost', now
      failed_round = job.round
      redis.call('SREM', KEYS[3], field)
    end
    redis.call('HSET', KEYS[2], field, cjson.encode(job))
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'kind', 'candidate',
      'round', job.round, 'slot', job.slot)
  end
  if job.state == 'queued' and job.due_ms <= now then
    again[#again + 1] = cjson.encode(job)
    local waited = now - job.enqueued_ms
    next_look = math.min(next_look, now + math.max(tonumber(ARGV[4]), math.min(waited, tonumber(ARGV[5]))))
  elseif job.state == 'queued' then
    next_look = math.min(next_look, job.due_ms)
  elseif job.state == 'rendering' then
    next_look = math.min(next_look, job.lease_until_ms)
  end
end
if failed_round then
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'kind', 'round',
    'round', failed_round)
end
if redis.call('SCARD', KEYS[3]) == 0 then
  redis.call('ZREM', KEYS[5], ARGV[1])
else
  redis.call('ZADD', KEYS[5], next_look, ARGV[1])
end
return again
