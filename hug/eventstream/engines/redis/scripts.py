"""What Redis does in one step: Lua, run by the server, where nothing else happens meanwhile.

The keys of a channel have a hash tag, so that they share a slot. Its *log* is a stream: event n has the id
``n-0`` and two fields, ``taken`` (time in ms, bytes of all events before it, request) and ``event`` (its
lines). Its *meta* hash outlives that: life, last, request, closed, bytes (of all events ever), ``gone`` (no
more of them than are before the log), ``born`` (no later than the time of the log's first event), time (of
the newest), history, most, age and ttl (the bounds; ms). A *past* list for each publisher has what it has
published lately, a record for each run of the script: life, time, position of its first event, the
publisher's highest counter so far, and the counters of its events. So a request costs a few bytes, and one
that was not there yet is known at once.

What was taken is published on the channel's topic, all events of a run in one message: ``life position time``
and for each event ``request length``, a line feed, and the lines of all of them. A message without a line
feed: the channel is deleted; it is ``life position request``, those of the newest event, or nothing.
"""

from dataclasses import dataclass, field
from hashlib import sha1
from typing import Final


@dataclass(frozen=True, slots=True)
class Script:
    """A script and the name that Redis knows it by once it has it."""

    source: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        digest = sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


_CLOCK: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""

_SEARCH: Final = """
local function id(position) return string.format('%d-0', position) end

-- Of the oldest event at or behind a position: its position, its time, the bytes of all before it.
local function at(position)
  local found = redis.call('XRANGE', log, id(position), '+', 'COUNT', 1)[1]
  if found then
    local time, before = string.match(found[2][2], '^(%d+) (%d+) ')
    return tonumber(string.match(found[1], '^%d+')), tonumber(time), tonumber(before)
  end
end

-- The same of the oldest event that is not over a limit; those before it all are.
local function oldest(over)
  local low, time, before = at(0)
  if not low or not over(time, before) then return low, time, before end
  local high, step, position = last + 1, 1, nil
  while high - low > 1 do
    local middle = math.min(low + step, math.floor((low + high) / 2))
    local there, its_time, its_before = at(middle)
    if there and over(its_time, its_before) then
      low, step = there, step * 2
    else
      high, position, time, before = middle, there, its_time, its_before
    end
  end
  return position, time, before
end
"""

APPEND: Final = Script(
    """#!lua
local log, meta, past, lease = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local topic, publisher, life, history = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local most, age, ttl, number = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local given = ARGV[9]
"""
    + _CLOCK
    + """
local known = redis.call('HMGET', meta,
  'life', 'last', 'closed', 'bytes', 'gone', 'born', 'time', 'age', 'ttl', 'history', 'most')
local last, bytes, gone, born = 0, 0, 0, now
local closed, before = known[3], 0
if known[1] then
  life, last, bytes, gone = known[1], tonumber(known[2]), tonumber(known[4]), tonumber(known[5])
  born, before = tonumber(known[6]), tonumber(known[7])
  now = math.max(now, before)
  if given == '' and known[10] then
    history, most = tonumber(known[10]), tonumber(known[11])
    age, ttl = tonumber(known[8]), tonumber(known[9])
  end
else
  redis.call('DEL', log)  -- what is there is of a channel whose meta was evicted
end
local lost = lease and (tonumber(redis.call('GET', lease) or 0) > number)
"""
    + _SEARCH
    + """
-- Counters are base 36 without zeros in front.
local function later(one, other) return #one > #other or (#one == #other and one > other) end

-- Keys are given their time anew now and then only, so they get a sixteenth more of it.
local function due(ms, since)
  return math.floor(now * 16 / ms) ~= math.floor(since * 16 / ms)
end
local function expire(key, ms) redis.call('PEXPIRE', key, ms + math.ceil(ms / 16)) end

local function record(text)
  return string.match(text, '^(%S+) (%d+) (%d+) (%S+) (.*)$')
end

local highest, published, seen, looked = '', nil, {}, 0
local newest = redis.call('LINDEX', past, -1)
if newest then
  local _, time, _, counter = record(newest)
  highest, published = counter, tonumber(time)
end

-- The position of an event that was taken before, be it in a channel that was deleted since; looks back no
-- further than it must.
local function remembered(counter)
  while not seen[counter] do
    local text = redis.call('LINDEX', past, -1 - looked)
    if not text then return end
    local _, _, position, high, counters = record(text)
    if later(counter, high) then return end
    position, looked = tonumber(position), looked + 1
    for each in string.gmatch(counters, '%S+') do
      seen[each], position = position, position + 1
    end
  end
  return seen[counter]
end

local answers, counters, head, taken, request = {}, {}, {}, {}, nil
local first = last + 1
for i = 10, #ARGV, 2 do
  local counter, event = ARGV[i], ARGV[i + 1]
  local position = not later(counter, highest) and remembered(counter)
  if not position then
    if closed then
      position = 0
    elseif lost then
      position = -1
    else
      last = last + 1
      position, request = last, publisher .. counter
      local name = string.format('%d', position)
      if history > 0 then
        redis.call('XADD', log, name .. '-0',
          'taken', string.format('%d %d ', now, bytes) .. request, 'event', event)
      end
      bytes = bytes + #event + #request + #name + 7  -- on the wire "id: ", "-" and two line feeds are added
      if event == '' then closed = '1' end
      if later(counter, highest) then highest = counter end
      seen[counter] = position
      counters[#counters + 1] = counter
      head[#head + 1] = request .. ' ' .. #event
      taken[#taken + 1] = event
    end
  end
  answers[#answers + 1] = position
end
if last < first then return answers end

local length = redis.call('RPUSH', past,
  life .. string.format(' %d %d ', now, first) .. highest .. ' ' .. table.concat(counters, ' '))
if not published or due(REMEMBERED, published) then expire(past, REMEMBERED) end
if length % 8 == 0 then
  for _ = 1, 16 do  -- more than were added since
    local time = string.match(redis.call('LINDEX', past, 0), '^%S+ (%d+)')
    if tonumber(time) >= now - REMEMBERED then break end
    redis.call('LPOP', past)
  end
end

if history == 0 then
  redis.call('DEL', log)
  gone, born = bytes, now
else
  -- The end of a channel takes no event's place.
  redis.call('XTRIM', log, 'MAXLEN', '=', closed and history + 1 or history)
  local function over(time, before)
    return bytes - before > most or (age and time < now - age)
  end
  if over(born, gone) then
    local position, time, before = oldest(over)
    if position then
      redis.call('XTRIM', log, 'MINID', '=', id(position))
      gone, born = before, time
    else
      redis.call('DEL', log)
      gone, born = bytes, now
    end
  end
end

redis.call('HSET', meta, 'life', life, 'last', string.format('%d', last), 'request', request,
  'bytes', string.format('%d', bytes), 'gone', string.format('%d', gone),
  'born', string.format('%d', born), 'time', string.format('%d', now))
if closed then redis.call('HSET', meta, 'closed', '1') end
local keeps = given ~= '' or not known[10]
local changed = keeps and ((known[8] or '') ~= ARGV[6] or (known[9] or '') ~= ARGV[7])
if keeps and (known[10] ~= ARGV[4] or known[11] ~= ARGV[5]) then
  redis.call('HSET', meta, 'history', ARGV[4], 'most', ARGV[5])
end
if changed then
  redis.call('HSET', meta, 'age', ARGV[6], 'ttl', ARGV[7])
  redis.call('PERSIST', log)
  redis.call('PERSIST', meta)
end
if age and (changed or due(age, before)) then expire(log, age) end
if ttl and (changed or due(ttl, before)) then expire(meta, ttl) end

redis.call('PUBLISH', topic, life .. string.format(' %d %d ', first, now)
  .. table.concat(head, ' ') .. '\\n' .. table.concat(taken))
return answers
""".replace("REMEMBERED", "150000")
)
"""Take events of one publisher on one channel, and return the position of each; 0: closed, -1: lease lost.

KEYS: log, meta, past, and the number of a lease if they need one. ARGV: topic, what the requests begin with,
a life should the channel have none, most events, most bytes, their age (ms; empty: none), the ms after which
an idle channel is forgotten (empty: never), the number of the lease, whether these bounds are given (empty:
those that the channel has hold instead, if it has some); then for each event the end of its request, and its
lines.
"""

ENDS: Final = Script(
    """#!lua flags=no-writes
local log, meta = KEYS[1], KEYS[2]
"""
    + _CLOCK
    + """
local known = redis.call('HMGET', meta, 'life', 'last', 'request', 'closed', 'age', 'time')
if not known[1] then return {'', 1, 0, '', 0, string.format('%d', now)} end
local last, age = tonumber(known[2]), tonumber(known[5] or '')
now = math.max(now, tonumber(known[6]))
"""
    + _SEARCH
    + """
local first = oldest(function(time) return age and time < now - age end)
return {known[1], first or last + 1, last, known[3], known[4] and 1 or 0, string.format('%d', now)}
"""
)
"""Return life, first, last, request, closed and the time. KEYS: log, meta."""

READ: Final = Script(
    """#!lua flags=no-writes
local log, meta, life, first = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]) + 1
local most, size = tonumber(ARGV[3]), tonumber(ARGV[4])
"""
    + _CLOCK
    + """
local known = redis.call('HMGET', meta, 'life', 'last', 'age', 'time')
if known[1] ~= life then return {} end
local last, age = tonumber(known[2]), tonumber(known[3] or '')
now = math.max(now, tonumber(known[4]))
"""
    + _SEARCH
    + """
local position, time = at(first)
if age and position and time < now - age then
  first = oldest(function(when) return when < now - age end) or last + 1
end
local events, bytes, page = {}, 0, 1
while #events < most and bytes < size do
  local found = redis.call('XRANGE', log, id(first), '+', 'COUNT', math.min(page, most - #events))
  for _, entry in ipairs(found) do
    if bytes >= size then break end
    events[#events + 1] = entry
    bytes = bytes + #entry[2][4]
  end
  if #found < page then break end
  first = tonumber(string.match(found[#found][1], '^%d+')) + 1
  page = math.min(page * 4, 256)  -- few at first: they may be large
end
return events
"""
)
"""Return events as `XRANGE` does. KEYS: log, meta. ARGV: life, the position before, most events and bytes."""

DELETE: Final = Script(
    """#!lua flags=allow-oom
local was = redis.call('HMGET', KEYS[2], 'life', 'last', 'request')
if redis.call('DEL', KEYS[1], KEYS[2]) == 0 then return 0 end
return redis.call('PUBLISH', ARGV[1], was[1] and was[2] and was[3] and table.concat(was, ' ') or '')
"""
)
"""Forget a channel. KEYS: log, meta. ARGV: topic."""

TOUCH: Final = Script(
    """#!lua flags=allow-oom
local meta = KEYS[1]
local ttl = tonumber(redis.call('HGET', meta, 'ttl') or '')
if ttl then redis.call('PEXPIRE', meta, ttl + math.ceil(ttl / 16)) end
return 1
"""
)
"""Keep a channel known as if something had been published on it just now. KEYS: meta."""

LEASE: Final = Script(
    """#!lua flags=allow-oom
local holder, counter, who, ms = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])
"""
    + _CLOCK
    + """
local number, has = string.match(redis.call('GET', holder) or '', '^(%d+) (.*)$')
if has and has ~= who then return false end
if not has then
  number = string.format('%d', math.max(tonumber(redis.call('GET', counter) or 0) + 1, now))
end
redis.call('SET', holder, number .. ' ' .. who, 'PX', ms)
redis.call('SET', counter, number, 'PX', ms + 604800000)
return tonumber(number)
"""
)
"""Give a lease, or extend it, and return its number. KEYS: holder, number. ARGV: holder, ms.

A number is no less than the time in ms: later ones are greater even when the key has expired, after a week,
or was lost with the data.
"""

RELEASE: Final = Script(
    """#!lua flags=allow-oom
local has = string.match(redis.call('GET', KEYS[1]) or '', '^%d+ (.*)$')
if has == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
)
"""Take a lease back. KEYS: holder. ARGV: holder."""

ALL: Final = (APPEND, ENDS, READ, DELETE, TOUCH, LEASE, RELEASE)
