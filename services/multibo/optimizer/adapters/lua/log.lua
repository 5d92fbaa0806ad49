-- Reads what was added to a session's log since it was last read.
-- KEYS  1 state  2 log  3 rounds
-- ARGV  1 creation time of the session that was read, or ""  2 entries that are known
--       3 the first round that is not known
-- Reply {} if the session is gone, else {creation time, the last known entry and
-- those after it (all of them for another session), the numbers of rounds after the
-- known ones, their slates}
local body = redis.call('HGET', KEYS[1], 'body')
if not body then return {} end
local session = cjson.decode(body)
local born = string.format('%.0f', session.create_time_ms)
local entry, round = tonumber(ARGV[2]) - 1, tonumber(ARGV[3])
if born ~= ARGV[1] or entry < 0 then entry, round = 0, 0 end
local numbers, slates = {}, {}
for number = round, session.next_round - 1 do
  local slate = redis.call('HGET', KEYS[3], number)
  if slate then
    numbers[#numbers + 1], slates[#slates + 1] = number, slate
  end
end
return {born, redis.call('LRANGE', KEYS[2], entry, -1), numbers, slates}
