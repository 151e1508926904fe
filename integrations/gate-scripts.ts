// The gate's memory is in Redis, so that all processes share it. Each step is one script: Redis runs it as a whole, by its
// own clock.
//
// Keys of an account: `state` (hash: breaker, pauses, who waits, what was seen last), `calls` (calls under way, by when they
// are given up for dead), `hungry` (processes that were refused lately), `backlog` (calls of one priority that were sent
// away), `to` (one per recipient), `unanswered` (calls that must not be repeated, sent since the last answer to one), and
// one `rate` per rate limit (calls that ended, by when they stop to count).
//
// Priorities. A call of rank r (0 the most urgent) fills a limit only up to its share, so the more urgent find a place at
// once. While one of a more urgent rank waits for a place (`want:r`), the others leave one free. A rank that has waited for
// longer than `ageMs` may fill the limit, and the others leave a place for it (`aged`): nobody waits for ever.

/**
 * A call counts against a rate from the moment it is let out until a whole span after it has ended. It reaches the vendor
 * somewhere in between, so whatever the network does, no span at the vendor holds more than allowed.
 *
 * KEYS state calls hungry backlog to unanswered rate…
 * ARGV permit process leaseMs connections everyMs burst patienceMs forced rank share unsafe mayProbe kind window ageMs
 *   answerMs (requests ms)…
 * unsafe: 1 for a call that must not be repeated; window: how many of those may be unanswered; share: percent of a limit
 * returns {verdict, waitMs}: verdict GO, WAIT (soon), LATER (long), RECIPIENT, PAUSED, OPEN, AUTH, FORCED, UNANSWERED, or
 * PROBE (ask the vendor something harmless first)
 */
export const ENTER = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local permit, process, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local connections, every, burst = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local patience, rank, share = tonumber(ARGV[7]), tonumber(ARGV[9]), tonumber(ARGV[10])
local unsafe, mayProbe, kind = ARGV[11] == '1', ARGV[12] == '1', ARGV[13]
local window, ageMs, answerMs = tonumber(ARGV[14]), tonumber(ARGV[15]), tonumber(ARGV[16])
local names = {'forced', 'breaker', 'retryAt', 'probeUntil', 'pausedUntil', 'pausedUntil:' .. kind, 'lost', 'sendsRetryAt',
  'aged', 'agedUntil', 'since:' .. rank, 'want:0', 'want:1', 'want:2', 'want:3'}
local field = {}
for i, value in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do field[names[i]] = value end
local function number(name) return tonumber(field[name] or '0') end

local forced = field.forced or ARGV[8]
if forced == 'OPEN' then return {'FORCED', 30000} end
local breaker = field.breaker
local probing = false
if breaker and breaker ~= 'CLOSED' and forced ~= 'CLOSED' then
  local verdict = breaker == 'AUTH' and 'AUTH' or 'OPEN'
  if number('retryAt') > now then return {verdict, number('retryAt') - now} end
  if number('probeUntil') > now then return {verdict, math.min(number('probeUntil') - now, 2000)} end
  if not mayProbe then return {'PROBE', 0} end
  probing = true
end
local pausedUntil = math.max(number('pausedUntil'), kind ~= '' and number('pausedUntil:' .. kind) or 0)
if pausedUntil > now then return {'PAUSED', pausedUntil - now} end
if unsafe and forced ~= 'CLOSED' then
  if number('sendsRetryAt') > now then return {'UNANSWERED', number('sendsRetryAt') - now} end
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now)
  if number('lost') >= window then window = 1 end
  if redis.call('ZCARD', KEYS[6]) >= window then return {'UNANSWERED', 20} end
end

local since = field['since:' .. rank]
local isAged = since and now - tonumber(since) > ageMs
local held = 0
if not isAged then
  for r = 0, rank - 1 do if number('want:' .. r) > now then held = 1 end end
  if number('agedUntil') > now and number('aged') ~= rank then held = 1 end
end
local function cap(limit) return isAged and limit or math.max(1, math.floor(limit * share / 100)) end

redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local under = redis.call('ZCARD', KEYS[2])
local wait = 0
if connections > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 200)
  local others = redis.call('ZCARD', KEYS[3])
  if redis.call('ZSCORE', KEYS[3], process) then others = others - 1 end
  local mine = 0
  if others > 0 then
    for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
      if string.sub(id, 1, #process) == process then mine = mine + 1 end
    end
  end
  local part = others > 0 and math.ceil(connections / (others + 1)) or connections
  if under >= cap(connections) - held or mine >= part then
    redis.call('ZADD', KEYS[3], now, process)
    redis.call('PEXPIRE', KEYS[3], 1000)
    wait = 10
  end
end
local span, allowed = 0, 1
for i = 7, #KEYS do
  local requests, ms = cap(tonumber(ARGV[17 + (i - 7) * 2])), tonumber(ARGV[18 + (i - 7) * 2])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  local over = redis.call('ZCARD', KEYS[i]) + under - requests
  if over >= 0 then
    local leaving = redis.call('ZRANGE', KEYS[i], over, over, 'WITHSCORES')
    local free = leaving[2] and math.max(1, leaving[2] - now) or 10
    if free > wait then wait = free span = ms allowed = requests end
  elseif over + held >= 0 then
    wait = math.max(wait, 50)
  end
end
if wait > 0 then
  redis.call('HSETNX', KEYS[1], 'since:' .. rank, now)
  redis.call('HSET', KEYS[1], 'want:' .. rank, now + math.min(wait, 15000) + 1000)
  if isAged then redis.call('HSET', KEYS[1], 'aged', rank, 'agedUntil', now + 1000) end
end
if wait > patience then
  local backlog = redis.call('INCR', KEYS[4])
  if backlog == 1 then redis.call('PEXPIRE', KEYS[4], wait) end
  return {'LATER', wait + math.floor((backlog - 1) / allowed) * span}
end
if wait > 0 then return {'WAIT', wait} end

if every > 0 then
  local due = math.max(tonumber(redis.call('GET', KEYS[5]) or '0'), now)
  if due - now > every * (burst - 1) then return {'RECIPIENT', due - now - every * (burst - 1)} end
  redis.call('SET', KEYS[5], due + every, 'PX', due + every - now)
end
redis.call('ZADD', KEYS[2], now + lease, permit)
redis.call('PEXPIRE', KEYS[2], lease)
if unsafe then
  redis.call('ZADD', KEYS[6], now + math.min(lease, answerMs), permit)
  redis.call('PEXPIRE', KEYS[6], lease)
end
if since then redis.call('HDEL', KEYS[1], 'since:' .. rank, 'want:' .. rank) end
if number('agedUntil') > now and number('aged') == rank then redis.call('HDEL', KEYS[1], 'agedUntil') end
if probing then redis.call('HSET', KEYS[1], 'probe', permit, 'probeUntil', now + lease) end
return {'GO', 0}
`

/**
 * Lost calls that must not be repeated are counted apart (`lost`): only an answer to such a call starts their count again,
 * as a vendor may answer questions while its sends hang. Once the breaker has opened for them they go out one at a time,
 * and after each further loss they rest for twice as long (`sendsRetryAt`).
 *
 * KEYS state calls unanswered rate…
 * ARGV permit outcome code pauseMs failuresToOpen firstCooldownMs longestCooldownMs authCooldownMs lingerMs forced unsafe
 *   kind longestRestMs ms…
 * outcome: OK (reached and well), FAILED (down), THROTTLED, AUTH, REFUSED (reached, said no), ABORTED (given up by us)
 * lingerMs: how long a call whose answer was lost may still go on at the vendor
 * returns {change, retryInMs}: change OPENED, AUTH, CLOSED or ''; retryInMs > 0 while calls wait for the breaker
 */
export const LEAVE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local permit, outcome, code = ARGV[1], ARGV[2], ARGV[3]
local toOpen, first = tonumber(ARGV[5]), tonumber(ARGV[6])
local unsafe, kind = ARGV[11] == '1', ARGV[12]
local function number(name) return tonumber(redis.call('HGET', KEYS[1], name) or '0') end
local function set(...) redis.call('HSET', KEYS[1], ...) end

local linger = tonumber(ARGV[9])
if linger > 0 then
  redis.call('ZADD', KEYS[2], 'XX', now + linger, permit)
else
  redis.call('ZREM', KEYS[2], permit)
end
for i = 4, #KEYS do
  local ms = tonumber(ARGV[14 + i - 4]) + linger + 1
  redis.call('ZADD', KEYS[i], now + ms, permit)
  if redis.call('PTTL', KEYS[i]) < ms then redis.call('PEXPIRE', KEYS[i], ms + 1) end
end
local isAnswered = outcome ~= 'FAILED' and outcome ~= 'ABORTED'
if unsafe then
  if isAnswered then
    redis.call('DEL', KEYS[3])
    redis.call('HDEL', KEYS[1], 'lost', 'rest', 'sendsRetryAt')
  else
    redis.call('ZREM', KEYS[3], permit)
  end
end
local breaker = redis.call('HGET', KEYS[1], 'breaker') or 'CLOSED'
local probe = redis.call('HGET', KEYS[1], 'probe') == permit
if probe then redis.call('HDEL', KEYS[1], 'probe', 'probeUntil') end
if outcome == 'ABORTED' then return {'', 0} end

local change = ''
if isAnswered and outcome ~= 'AUTH' then
  redis.call('HDEL', KEYS[1], 'failures')
  if outcome == 'OK' then set('lastSuccessAt', now) else set('lastErrorAt', now, 'lastError', code) end
  if outcome == 'THROTTLED' then
    local pause = kind == '' and 'pausedUntil' or 'pausedUntil:' .. kind
    set(pause, math.max(number(pause), now + tonumber(ARGV[4])))
  end
  if probe and breaker ~= 'CLOSED' then
    redis.call('HDEL', KEYS[1], 'cooldown', 'retryAt')
    set('breaker', 'CLOSED', 'changedAt', now)
    change = 'CLOSED'
  end
  return {change, 0}
end

set('lastErrorAt', now, 'lastError', code)
local isForced = (redis.call('HGET', KEYS[1], 'forced') or ARGV[10]) == 'CLOSED'
local function waits(ms) return isForced and 0 or ms end
if outcome == 'FAILED' and unsafe then
  local lost = redis.call('HINCRBY', KEYS[1], 'lost', 1)
  if lost >= toOpen then
    local rest = math.max(first, math.min(number('rest') * 2, tonumber(ARGV[13])))
    if number('sendsRetryAt') <= now then set('rest', rest, 'sendsRetryAt', now + rest) end
  end
end
if breaker ~= 'CLOSED' and not probe then return {'', waits(math.max(1000, number('retryAt') - now))} end
local failures = number('lost')
if not unsafe or outcome == 'AUTH' then failures = failures + redis.call('HINCRBY', KEYS[1], 'failures', 1) else
  failures = failures + number('failures') end
if outcome == 'AUTH' then
  set('retryAt', now + math.max(tonumber(ARGV[8]), tonumber(ARGV[4])))
  if breaker ~= 'AUTH' then change = 'AUTH' end
elseif probe or failures >= toOpen then
  local cooldown = math.max(first, math.min(number('cooldown') * 2, tonumber(ARGV[7])))
  set('cooldown', cooldown, 'retryAt', now + cooldown)
  if breaker ~= 'OPEN' then change = 'OPENED' end
else
  return {'', 0}
end
if change ~= '' then set('breaker', change == 'AUTH' and 'AUTH' or 'OPEN', 'changedAt', now) end
return {change, waits(number('retryAt') - now)}
`

/**
 * What is known of an account now. KEYS state calls rate…  ARGV none
 * returns {now, calls, used…, field, value, …}
 */
export const INSPECT = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local calls = redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf')
local seen = {now, calls}
for i = 3, #KEYS do
  table.insert(seen, calls + redis.call('ZCOUNT', KEYS[i], '(' .. now, '+inf'))
end
for _, part in ipairs(redis.call('HGETALL', KEYS[1])) do table.insert(seen, part) end
return seen
`

/**
 * An operator's word. KEYS state  ARGV OPEN, CLOSED or NONE; NONE leaves it to the breaker, which starts afresh after it
 * was closed by hand.
 */
export const FORCE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], 'forced', ARGV[1], 'changedAt', now)
if ARGV[1] == 'CLOSED' then
  redis.call('HDEL', KEYS[1], 'breaker', 'failures', 'cooldown', 'retryAt', 'probe', 'probeUntil', 'pausedUntil',
    'lost', 'rest', 'sendsRetryAt')
end
return 1
`
