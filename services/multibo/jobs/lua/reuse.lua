-- Keeps a stored image and its thumbnail for a row that takes it instead of drawing it:
-- until the row's session names it, no sweep may delete it.
-- KEYS  1 the image is taken  2 its thumbnail is  3 the image is being deleted
--       4 its thumbnail is
-- ARGV  1 how long in ms
-- Reply 1, or 0 if it is being deleted (nothing written)
if redis.call('EXISTS', KEYS[3], KEYS[4]) > 0 then return 0 end
redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])
return 1
