-- Tells how urgent the most urgent row is that waits under a compat key.
-- KEYS  1 rows (zset)  2 lanes; both as in take.lua
-- ARGV  1 span of a class in ms
-- Reply its class, 0 to 9; -1 if none waits
local head = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if #head == 0 then return -1 end
local pushed = math.min(math.floor(tonumber(head[2]) / tonumber(ARGV[1])), 9)
for class = 0, pushed do
  if redis.call('EXISTS', KEYS[2] .. '/' .. class) == 1 then return class end
end
return pushed
