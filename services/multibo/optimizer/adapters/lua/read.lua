-- Reads what a command on a round needs, as it is at one moment.
-- KEYS  1 state  2 rounds  3 jobs  4 requests
-- ARGV  1 field of the slate  2 field of the round's end
--       3 field of the request's digest  4 field of its reply  5.. fields of the jobs
-- Reply {rev, body}, {slate, end}, {digest, reply}, {job, ...}; nil where nothing is
return {
  redis.call('HMGET', KEYS[1], 'rev', 'body'),
  redis.call('HMGET', KEYS[2], ARGV[1], ARGV[2]),
  redis.call('HMGET', KEYS[4], ARGV[3], ARGV[4]),
  redis.call('HMGET', KEYS[3], unpack(ARGV, 5))
}
