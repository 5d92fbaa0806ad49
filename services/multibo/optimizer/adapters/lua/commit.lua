-- Writes everything one command changes, guarded by the session's rev.
-- KEYS  1 state  2 rounds  3 log  4 jobs  5 pending (set of job fields not ended)
--       6 requests  7 events  8 due (zset)  9 project's sessions that go on (zset)
-- ARGV  1 expected rev  2 body  3 sid  4 session ttl in ms  5 events kept
--       6 request id or ""  7 request digest  8 reply
--       9 new round number or ""  10 its slate  11 due time after now in ms
--       12 log entry or ""  13 number of ends  14 number of fields to queue again
--       15 whether the session goes on, 1 or 0
--       then per end: round number, its end or "" to open it again
--       then per field: the field of a FAILED job
--       then per new job: its field, its document
-- Reply "done", "missing", "replayed" or "contended" (only "done" has written)
local rev = redis.call('HGET', KEYS[1], 'rev')
if not rev then return 'missing' end
if ARGV[6] ~= '' and redis.call('HEXISTS', KEYS[6], ARGV[6] .. ':digest') == 1 then
  return 'replayed'
end
if rev ~= ARGV[1] then return 'contended' end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local waits = false
local function tell(...)
  redis.call('XADD', KEYS[7], 'MAXLEN', '~', ARGV[5], '*', ...)
end
local function cancel(job)
  job.state, job.owner, job.lease_until_ms, job.ended_ms = 'cancelled', '', 0, now
end
local function queue(job)
  job.state, job.owner, job.lease_until_ms, job.failure = 'queued', '', 0, ''
  job.failures, job.lapses, job.started_ms, job.ended_ms = 0, 0, 0, 0
  job.enqueued_ms, job.due_ms = now, now
end
local function keep(field, job)
  redis.call('HSET', KEYS[4], field, cjson.encode(job))
  if job.state == 'queued' then
    redis.call('SADD', KEYS[5], field)
    waits = true
  else
    redis.call('SREM', KEYS[5], field)
  end
end
-- Ends or reopens what one round still renders: at most eight slots.
local function each_job(round, wanted, change)
  for slot = 0, 7 do
    local field = round .. '/' .. slot
    local document = wanted(field) and redis.call('HGET', KEYS[4], field)
    if document then
      local job = cjson.decode(document)
      if change(job) then keep(field, job) end
    end
  end
end
-- What is not pending has ended: most of it need not be looked at.
local function pending(field)
  return redis.call('SISMEMBER', KEYS[5], field) == 1
end
local function any()
  return true
end
local function close(job)
  local running = job.state == 'queued' or job.state == 'rendering'
  if running then cancel(job) end
  return running
end
local function reopen(job)
  local canceled = job.state == 'cancelled'
  if canceled then queue(job) end
  return canceled
end

redis.call('HSET', KEYS[1], 'rev', rev + 1, 'body', ARGV[2])
if ARGV[12] ~= '' then redis.call('RPUSH', KEYS[3], ARGV[12]) end
local at = 16
for _ = 1, tonumber(ARGV[13]) do
  local round, finish = ARGV[at], ARGV[at + 1]
  if finish == '' then
    redis.call('HDEL', KEYS[2], round .. '/end')
    each_job(round, any, reopen)
  else
    redis.call('HSET', KEYS[2], round .. '/end', finish)
    each_job(round, pending, close)
  end
  tell('kind', 'round', 'round', round)
  at = at + 2
end
for _ = 1, tonumber(ARGV[14]) do
  local job = cjson.decode(redis.call('HGET', KEYS[4], ARGV[at]) or '{}')
  if job.state == 'failed' then
    queue(job)
    keep(ARGV[at], job)
    tell('kind', 'candidate', 'round', job.round, 'slot', job.slot)
  end
  at = at + 1
end
if ARGV[9] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[9], ARGV[10])
  while at <= #ARGV do
    local job = cjson.decode(ARGV[at + 1])
    job.enqueued_ms, job.due_ms = now, now
    keep(ARGV[at], job)
    at = at + 2
  end
  tell('kind', 'round', 'round', ARGV[9])
end
if waits then redis.call('ZADD', KEYS[8], now + ARGV[11], ARGV[3]) end
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[6], ARGV[6] .. ':digest', ARGV[7], ARGV[6] .. ':reply', ARGV[8])
end
tell('kind', 'session')
if ARGV[15] == '1' then
  redis.call('ZADD', KEYS[9], now + ARGV[4], ARGV[3])
else
  redis.call('ZREM', KEYS[9], ARGV[3])
end
for i = 1, 7 do redis.call('PEXPIRE', KEYS[i], ARGV[4]) end
return 'done'
