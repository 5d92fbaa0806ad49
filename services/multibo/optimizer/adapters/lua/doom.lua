-- Announces that an image is being deleted, unless a worker takes or draws it now, or
-- a session that named it was deleted since the look: its fork may name it.
-- KEYS  1 the image is taken  2 somebody renders it  3 it is being deleted
--       4 images to sweep (zset)
-- ARGV  1 how long in ms  2 address of the image  3 when it was noted, at the look
-- Reply 1, or 0 if it has to stay (nothing written)
local noted = redis.call('ZSCORE', KEYS[4], ARGV[2])
if not noted or tonumber(noted) ~= tonumber(ARGV[3]) then return 0 end
if redis.call('EXISTS', KEYS[1], KEYS[2]) > 0 then return 0 end
redis.call('SET', KEYS[3], 1, 'PX', ARGV[1])
return 1
