-- Gives a row to a worker if nobody else has a right to it.
-- KEYS  1 jobs  2 events  3 due (zset)
-- ARGV  1 job field  2 worker  3 lease in ms  4 events kept  5 sid
-- Reply the job document with its new attempt, or "" if it is not to be had
local document = redis.call('HGET', KEYS[1], ARGV[1])
if not document then return '' end
local job = cjson.decode(document)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free = job.state == 'queued' and job.due_ms <= now
local lapsed = job.state == 'rendering' and job.lease_until_ms <= now
if not (free or lapsed) then return '' end
if lapsed then job.lapses = job.lapses + 1 end
job.state, job.owner, job.attempt = 'rendering', ARGV[2], job.attempt + 1
job.lease_until_ms = now + ARGV[3]
if job.started_ms == 0 then job.started_ms = now end
document = cjson.encode(job)
redis.call('HSET', KEYS[1], ARGV[1], document)
redis.call('ZADD', KEYS[3], 'LT', job.lease_until_ms, ARGV[5])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'kind', 'candidate',
  'round', job.round, 'slot', job.slot)
return document
