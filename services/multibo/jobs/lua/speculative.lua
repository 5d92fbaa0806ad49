-- Moves a speculative row on, if its session still has it.
-- KEYS  1 speculation
-- ARGV  1 digest of the row  2 state from now on
-- Reply the row's document, or "" if nobody wants it any more
local document = redis.call('HGET', KEYS[1], ARGV[1])
if not document then return '' end
local row = cjson.decode(document)
row.state = ARGV[2]
document = cjson.encode(row)
if row.state == 'rendered' and row.asked then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], document)
end
return document
