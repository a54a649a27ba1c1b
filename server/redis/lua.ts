// The scripts that move money. Each touches one partition (KEYS[1] is its hash tag), runs as one step, decides by
// Redis' own clock, and returns that clock first. Amounts are integers up to 1e15, exact in Lua's doubles; they are
// written with all their digits, which tostring would not do. What they keep true of each campaign:
//
//   spent + held + free = budget      held = Σ open leases (granted − billed)      spent = closed + direct + Σ billed
//
// closed: billed on leases that have ended; direct: charged without a lease. verify recomputes all of it.

import { createHash } from 'node:crypto';

export interface Script {
  readonly name: string;
  readonly source: string;
  readonly sha: string;
}

/** `#!lua`: refused as a whole where writes are (memory full, replica, disk broken), instead of half way through. */
const SHARED = `#!lua
local tag = KEYS[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local KEEP_MS = 26 * 3600 * 1000

local function digits(x) return string.format('%.0f', x) end
local function number(x) return tonumber(x or 0) end
local function add(key, field, x) if x ~= 0 then redis.call('HINCRBY', key, field, digits(x)) end end
local function lease_key(campaign, lease) return tag .. ':l:' .. campaign .. ':' .. lease end

-- The nodes as they stand. While nobody has renewed in time it was Redis that was away, not all of them: they are all
-- taken for live, and nothing is given back, until they had time to say so.
local function nodes()
  local all = redis.call('HGETALL', tag .. ':nodes')
  local said = {}
  for i = 1, #all, 2 do said[all[i]] = tonumber(all[i + 1]) end
  local quiet = said['until'] ~= nil and now > said['until']
  local hold = quiet or now < (said['hold'] or 0)
  local watermark, live, dead = math.huge, 0, {}
  for field, until_dead in pairs(said) do
    local node = string.match(field, '^(%d+):d$')
    if node and (hold or until_dead >= now) then
      live = live + 1
      watermark = math.min(watermark, said[node .. ':w'])
    elseif node then
      dead[#dead + 1] = node
    end
  end
  return { quiet = quiet, hold = hold, watermark = watermark, live = live, dead = dead, latest = said['until'] or 0 }
end

-- Returns to a campaign what leases that are over still held, once the notices that came before their end are booked.
local function sweep(campaign, state)
  if state.hold then return end
  local ended_by = '(' .. digits(math.min(now, state.watermark))
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', tag .. ':x:' .. campaign, '-inf', ended_by)) do
    local key = lease_key(campaign, lease)
    local had = redis.call('HMGET', key, 'granted', 'billed', 'day')
    local rest = number(had[1]) - number(had[2])
    add(tag .. ':c:' .. campaign, 'held', -rest)
    add(tag .. ':c:' .. campaign, 'closed', number(had[2]))
    if had[3] ~= '' then add(tag .. ':d:' .. campaign, had[3] .. ':h', -rest) end
    redis.call('HSET', key, 'ended', '1')
    redis.call('PEXPIRE', key, KEEP_MS) -- late notices still ask for its day, and nobody may take its number
    redis.call('ZREM', tag .. ':x:' .. campaign, lease)
  end
end

-- Free within the budget and the budget of a day; below zero where late notices were honoured or a budget was cut.
local function free(campaign, day)
  local c = redis.call('HMGET', tag .. ':c:' .. campaign, 'budget', 'daily', 'spent', 'held')
  local left = number(c[1]) - number(c[3]) - number(c[4])
  if day == '' or number(c[2]) < 0 then return left, 0 end
  local d = redis.call('HMGET', tag .. ':d:' .. campaign, day .. ':s', day .. ':h')
  return math.min(left, number(c[2]) - number(d[1]) - number(d[2])), number(d[1])
end

-- Appends how a lease and its campaign stand, as six numbers.
local function stand(out, campaign, lease, node, day)
  local l = redis.call('HMGET', lease_key(campaign, lease), 'node', 'day', 'granted', 'foreign', 'ended')
  local own = l[1] == node and not l[5]
  local left, today = free(campaign, l[2] or day)
  local c = redis.call('HMGET', tag .. ':c:' .. campaign, 'spent', 'late')
  local values = { own and number(l[3]) or 0, own and number(l[4]) or 0, number(c[1]), number(c[2]), today, left }
  for _, value in ipairs(values) do out[#out + 1] = math.max(0, value) end
end
`;

/** Of each ask: campaign, id, node, lease, day, budget, daily budget (-1 none), want, grace, until. */
export const ACQUIRE = script(
  'acquire',
  `
local DAYS_MAX = 64
-- Forgets the oldest days that hold nothing, when a new one comes and there are many.
local function prune(campaign)
  local key = tag .. ':d:' .. campaign
  if redis.call('HLEN', key) <= DAYS_MAX * 2 then return end
  local days = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local day = string.match(field, '^(.*):s$') or string.match(field, '^(.*):h$')
    days[day] = true
  end
  local sorted = {}
  for day in pairs(days) do sorted[#sorted + 1] = day end
  table.sort(sorted)
  for i = 1, #sorted - DAYS_MAX do
    if number(redis.call('HGET', key, sorted[i] .. ':h')) == 0 then
      redis.call('HDEL', key, sorted[i] .. ':h', sorted[i] .. ':s')
    end
  end
end

local state = nodes()
local out = { now }
for i = 1, #ARGV, 10 do
  local campaign, id, node, lease, day = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local want, grace, until_ms = tonumber(ARGV[i + 7]), tonumber(ARGV[i + 8]), tonumber(ARGV[i + 9])
  local c, key = tag .. ':c:' .. campaign, lease_key(campaign, lease)
  sweep(campaign, state)
  redis.call('SADD', tag .. ':campaigns', campaign)
  redis.call('HSET', c, 'id', id, 'budget', ARGV[i + 5], 'daily', ARGV[i + 6])
  local l = redis.call('HMGET', key, 'node', 'day', 'until', 'grace', 'ended')
  local usable = not l[1] or (l[1] == node and l[2] == day and not l[5])
  local grant = usable and math.max(0, math.min(want, (free(campaign, day)))) or 0
  if usable and (l[1] or grant > 0) then
    until_ms = math.max(until_ms, number(l[3]))
    grace = math.max(grace, number(l[4]))
    redis.call('HSET', key, 'node', node, 'day', day, 'until', digits(until_ms), 'grace', digits(grace))
    redis.call('ZADD', tag .. ':x:' .. campaign, digits(until_ms + grace), lease)
    add(key, 'granted', grant)
    add(c, 'held', grant)
    if day ~= '' then
      if redis.call('HEXISTS', tag .. ':d:' .. campaign, day .. ':h') == 0 then prune(campaign) end
      add(tag .. ':d:' .. campaign, day .. ':h', grant)
    end
  end
  stand(out, campaign, lease, node, day)
end
return out`,
);

/** Node, until, watermark, milliseconds until it is dead, sequence; of each lease: campaign, lease. */
export const RENEW = script(
  'renew',
  `
local node, until_ms, watermark, grace = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local key = tag .. ':nodes'
local before = nodes()
if before.quiet then redis.call('HSET', key, 'hold', digits(now + grace)) end
for _, dead in ipairs(before.dead) do redis.call('HDEL', key, dead .. ':w', dead .. ':d') end
redis.call('HSET', key, node .. ':w', digits(watermark), node .. ':d', digits(until_ms + grace),
  'until', digits(math.max(before.latest, until_ms)))
local state = nodes()
local out = { now, math.min(state.watermark, watermark), math.max(state.live, 1) }
for i = 6, #ARGV, 2 do
  local campaign, lease = ARGV[i], ARGV[i + 1]
  sweep(campaign, state)
  local l = redis.call('HMGET', lease_key(campaign, lease), 'node', 'until', 'grace', 'ended')
  if l[1] == node and not l[4] then
    local longest = math.max(until_ms, number(l[2]))
    redis.call('HSET', lease_key(campaign, lease), 'until', digits(longest), 'seq', ARGV[5])
    redis.call('ZADD', tag .. ':x:' .. campaign, digits(longest + number(l[3])), lease)
  end
  stand(out, campaign, lease, node, '')
end
return out`,
);

/**
 * Of each: campaign, lease, micros, sequence. What was overtaken by a later renewal or give-back of the node is not
 * done: the node was told what the lease has without it.
 */
export const GIVE_BACK = script(
  'give_back',
  `
for i = 1, #ARGV, 4 do
  local campaign, lease, micros, seq = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local key = lease_key(campaign, lease)
  local l = redis.call('HMGET', key, 'day', 'granted', 'billed', 'seq', 'ended')
  if l[1] and not l[5] and seq > number(l[4]) then
    local back = math.min(micros, number(l[2]) - number(l[3]))
    add(key, 'granted', -back)
    add(tag .. ':c:' .. campaign, 'held', -back)
    if l[1] ~= '' then add(tag .. ':d:' .. campaign, l[1] .. ':h', -back) end
    redis.call('HSET', key, 'seq', digits(seq))
  end
end
return { now }`,
);

/**
 * Longest stream, and with what is not summed yet; of each record: campaign, lease, by, bucket, bid (8 bytes), kind,
 * stamp, charge, late, bytes.
 * Returns of each: 1 if it is the first of its kind or the same record again, and what it was charged.
 */
export const BOOK = script(
  'book',
  `
-- Charges a campaign, through the lease if it is open. True if that is late.
local function charge(campaign, lease, by, micros, late)
  local c, d, key = tag .. ':c:' .. campaign, tag .. ':d:' .. campaign, lease_key(campaign, lease)
  local l = redis.call('HMGET', key, 'node', 'day', 'granted', 'billed', 'ended')
  local day = l[2] or ''
  add(c, 'spent', micros)
  if day ~= '' then add(d, day .. ':s', micros) end
  if l[1] and not l[5] then
    local held = math.min(micros, number(l[3]) - number(l[4]))
    add(key, 'granted', micros - held) -- a late charge beyond what the lease holds is granted on top of it
    add(key, 'billed', micros)
    if by ~= l[1] then add(key, 'foreign', micros) end
    add(c, 'held', -held)
    if day ~= '' then add(d, day .. ':h', -held) end
    late = late or held < micros
  else
    redis.call('SADD', tag .. ':campaigns', campaign)
    add(c, 'direct', micros)
    late = true
  end
  if late then add(c, 'late', micros) end
  return late
end

-- Up to which entry everybody who sums the notices has them; nil without anybody.
local function summed()
  local least, least_time, least_sequence
  for _, id in ipairs(redis.call('HVALS', tag .. ':summed')) do
    local time, sequence = string.match(id, '^(%d+)-(%d+)$')
    time, sequence = tonumber(time), tonumber(sequence)
    if not least or time < least_time or (time == least_time and sequence < least_sequence) then
      least, least_time, least_sequence = id, time, sequence
    end
  end
  return least
end

local events, place = tag .. ':events', summed()
local longest = place and ARGV[2] or ARGV[1]
local out = { now }
for i = 3, #ARGV, 10 do
  local bucket, bid, kind, stamp = tag .. ':n:' .. ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], ARGV[i + 6]
  local micros, late = tonumber(ARGV[i + 7]), ARGV[i + 8] == '1'
  local had = redis.call('HGET', bucket, bid .. kind)
  local first, charged = not had or had == stamp, 0
  if not had then
    redis.call('HSET', bucket, bid .. kind, stamp)
    if micros > 0 and redis.call('HSETNX', bucket, bid .. '$', kind .. digits(micros)) == 1 then
      charged = micros
      late = charge(ARGV[i], ARGV[i + 1], ARGV[i + 2], micros, late)
    end
    redis.call('PEXPIRE', bucket, KEEP_MS)
    redis.call('XADD', events, 'MAXLEN', '~', longest, '*',
      'r', ARGV[i + 9], 'c', digits(charged), 'l', late and '1' or '0')
  elseif first and micros > 0 then
    local paid = redis.call('HGET', bucket, bid .. '$')
    if paid and string.sub(paid, 1, #kind) == kind then charged = tonumber(string.sub(paid, #kind + 1)) end
  end
  out[#out + 1] = first and 1 or 0
  out[#out + 1] = charged
end
local over = redis.call('XLEN', events) - tonumber(ARGV[1])
if place and over > 0 then redis.call('XTRIM', events, 'MINID', '~', place, 'LIMIT', over) end
return out`,
);

/** A node that has shipped everything is not waited for any more. */
export const LEAVE = script(
  'leave',
  `redis.call('HDEL', tag .. ':nodes', ARGV[1] .. ':w', ARGV[1] .. ':d') return { now }`,
);

/** Redis' clock of a partition. */
export const CLOCK = script('clock', 'return { now }');

/** Group, entry, longest stream: puts an entry aside that the group cannot finish. */
export const BURY = script(
  'bury',
  `
local events = tag .. ':events'
local entry = redis.call('XRANGE', events, ARGV[2], ARGV[2])[1]
if redis.call('XACK', events, ARGV[1], ARGV[2]) == 1 then
  local fields = entry and entry[2] or {}
  redis.call('XADD', tag .. ':dead:' .. ARGV[1], 'MAXLEN', '~', ARGV[3], '*', 'id', ARGV[2], unpack(fields))
end
return { now }`,
);

/** A campaign: now, id, budget, spent, late, held, free, open leases, then what is wrong, in words. */
export const VERIFY = script(
  'verify',
  `
local campaign = ARGV[1]
local c = redis.call('HMGET', tag .. ':c:' .. campaign, 'id', 'budget', 'spent', 'late', 'held', 'closed', 'direct')
local held, billed, days, wrong = 0, 0, {}, {}
local leases = redis.call('ZRANGE', tag .. ':x:' .. campaign, 0, -1)
for _, lease in ipairs(leases) do
  local l = redis.call('HMGET', lease_key(campaign, lease), 'day', 'granted', 'billed', 'foreign', 'ended')
  if not l[1] then wrong[#wrong + 1] = 'lease ' .. lease .. ' is listed but not there' end
  if l[5] then wrong[#wrong + 1] = 'lease ' .. lease .. ' has ended and is listed' end
  local rest = number(l[2]) - number(l[3])
  if rest < 0 then wrong[#wrong + 1] = 'lease ' .. lease .. ' has billed more than it was granted' end
  if number(l[4]) > number(l[3]) then wrong[#wrong + 1] = 'lease ' .. lease .. ' has less billed than others billed' end
  held, billed = held + rest, billed + number(l[3])
  if l[1] and l[1] ~= '' then days[l[1]] = (days[l[1]] or 0) + rest end
end
local function equal(what, is, should)
  if is ~= should then wrong[#wrong + 1] = what .. ' is ' .. digits(is) .. ', not ' .. digits(should) end
end
equal('held', number(c[5]), held)
equal('spent', number(c[3]), number(c[6]) + number(c[7]) + billed)
local all = redis.call('HGETALL', tag .. ':d:' .. campaign)
for i = 1, #all, 2 do
  local day = string.match(all[i], '^(.*):h$')
  if day then
    equal('held of ' .. day, number(all[i + 1]), days[day] or 0)
    days[day] = nil
  end
end
for day, rest in pairs(days) do equal('held of ' .. day, 0, rest) end
local left = number(c[2]) - number(c[3]) - number(c[5])
local out = { now, c[1] or '', number(c[2]), number(c[3]), number(c[4]), number(c[5]), left, #leases }
for _, problem in ipairs(wrong) do out[#out + 1] = problem end
return out`,
);

function script(name: string, body: string): Script {
  const source = SHARED + body;
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}
