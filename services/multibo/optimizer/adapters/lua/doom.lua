-- Announces that an image is being deleted, unless a worker takes or draws it now.
-- KEYS  1 the image is taken  2 somebody renders it  3 it is being deleted
-- ARGV  1 how long in ms
-- Reply 1, or 0 if it has to stay (nothing written)
if redis.call('EXISTS', KEYS[1], KEYS[2]) > 0 then return 0 end
redis.call('SET', KEYS[3], 1, 'PX', ARGV[1])
return 1
