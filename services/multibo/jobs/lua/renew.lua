-- Prolongs a lease and may report a denoising step.
-- KEYS  1 jobs  2 progress
-- ARGV  1 job field  2 attempt  3 lease in ms  4 step, 0 to report none  5 steps
--       6 progress entries kept  7 progress ttl in ms
-- Reply "mine", "canceled" or "lost"
local document = redis.call('HGET', KEYS[1], ARGV[1])
if not document then return 'canceled' end
local job = cjson.decode(document)
if job.state == 'cancelled' then return 'canceled' end
if job.state ~= 'rendering' or job.attempt ~= tonumber(ARGV[2]) then return 'lost' end
local time = redis.call('TIME')
job.lease_until_ms = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(job))
if tonumber(ARGV[4]) > 0 then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 'round', job.round,
    'slot', job.slot, 'step', ARGV[4], 'steps', ARGV[5])
  redis.call('PEXPIRE', KEYS[2], ARGV[7])
end
return 'mine'
