-- Looks after one session whose deadline passed: expired leases return to the
-- queue, and rows that wait too long are named so that they are pushed again.
-- KEYS  1 state  2 jobs  3 pending (set)  4 events  5 due (zset)
-- ARGV  1 sid  2 lease in ms  3 events kept  4 patience in ms  5 patience cap in ms
-- Reply list of job documents to push again; an empty list when nothing waits
local pending = redis.call('SMEMBERS', KEYS[3])
if redis.call('EXISTS', KEYS[1]) == 0 or #pending == 0 then
  redis.call('ZREM', KEYS[5], ARGV[1])
  return {}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local again, next_look = {}, now + ARGV[5]
for _, field in ipairs(pending) do
  local job = cjson.decode(redis.call('HGET', KEYS[2], field))
  if job.state == 'rendering' and job.lease_until_ms <= now then
    job.state, job.owner, job.lease_until_ms, job.due_ms = 'queued', '', 0, now
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'kind', 'candidate',
      'round', job.round, 'slot', job.slot)
  end
  if job.state == 'queued' and job.due_ms <= now then
    local document = cjson.encode(job)
    redis.call('HSET', KEYS[2], field, document)
    again[#again + 1] = document
    local waited = now - job.enqueued_ms
    next_look = math.min(next_look, now + math.max(tonumber(ARGV[4]), math.min(waited, tonumber(ARGV[5]))))
  elseif job.state == 'queued' then
    next_look = math.min(next_look, job.due_ms)
  else
    next_look = math.min(next_look, job.lease_until_ms)
  end
end
redis.call('ZADD', KEYS[5], next_look, ARGV[1])
return again
