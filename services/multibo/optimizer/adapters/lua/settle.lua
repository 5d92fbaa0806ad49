-- Gives up the rows ahead that are not wanted any more.
-- KEYS  1 speculation  2 the project's speculative rows (zset)
-- ARGV  1 sid  2 slot of the answer: rows that follow it stay; "" if it is known what
--       is shown  3.. digests of what is shown
-- Reply {rows that were rendered and are shown, shown but not rendered in time,
-- rendered for nothing, list with, per row that need not wait in its queue any more,
-- its compat key and its digest}
local shown = {}
for n = 3, #ARGV do shown[ARGV[n]] = true end
local rows = redis.call('HGETALL', KEYS[1])
local hits, late, wasted, gone = 0, 0, 0, {}
for n = 1, #rows, 2 do
  local digest, row = rows[n], cjson.decode(rows[n + 1])
  local stays = false
  if shown[digest] then
    if row.state == 'rendered' then hits = hits + 1 else late = late + 1 end
    -- A row in the making is not given up: somebody waits for it now.
    if row.state == 'rendering' then
      row.asked, stays = true, true
      redis.call('HSET', KEYS[1], digest, cjson.encode(row))
    end
  elseif ARGV[2] ~= '' then
    stays = string.find(',' .. row.answers, ',' .. ARGV[2] .. ',', 1, true) ~= nil
  end
  if not stays then
    redis.call('HDEL', KEYS[1], digest)
    if row.state == 'rendered' and not shown[digest] then wasted = wasted + 1 end
    redis.call('ZREM', KEYS[2], ARGV[1] .. '/' .. digest)
    if row.state == 'queued' then
      gone[#gone + 1] = row.compat
      gone[#gone + 1] = digest
    end
  end
end
return {hits, late, wasted, gone}
