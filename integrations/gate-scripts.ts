// The gate's memory is in Redis, so that all processes share it. Each step is one script: Redis runs it as a whole, by its
// own clock.
//
// Keys of an account: `state` (hash: breaker and what was seen last), `calls` (calls under way, by when they are given
// up for dead), `hungry` (processes that were refused lately), `backlog` (calls that were sent away), `to` (one per
// recipient), and one `rate` per rate limit (calls that ended, by when they stop to count).

/**
 * A call counts against a rate from the moment it is let out until a whole span after it has ended. It reaches the vendor
 * somewhere in between, so whatever the network does, no span at the vendor holds more than allowed.
 *
 * KEYS state calls hungry backlog to rate…
 * ARGV permit process leaseMs connections everyMs burst patienceMs forced (requests ms)…
 * returns {verdict, waitMs}: verdict GO, WAIT (soon), LATER (long), RECIPIENT, PAUSED, OPEN, AUTH or FORCED
 */
export const ENTER = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local permit, process, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local connections, every, burst = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local patience = tonumber(ARGV[7])
local function field(name) return redis.call('HGET', KEYS[1], name) end

local forced = field('forced') or ARGV[8]
if forced == 'OPEN' then return {'FORCED', 30000} end
local breaker = field('breaker')
local probing = false
if breaker and breaker ~= 'CLOSED' and forced ~= 'CLOSED' then
  local retryAt = tonumber(field('retryAt') or '0')
  local probeUntil = tonumber(field('probeUntil') or '0')
  local verdict = breaker == 'AUTH' and 'AUTH' or 'OPEN'
  if retryAt > now then return {verdict, retryAt - now} end
  if probeUntil > now then return {verdict, math.min(probeUntil - now, 2000)} end
  probing = true
end
local pausedUntil = tonumber(field('pausedUntil') or '0')
if pausedUntil > now then return {'PAUSED', pausedUntil - now} end

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
  local share = others > 0 and math.ceil(connections / (others + 1)) or connections
  if under >= connections or mine >= share then
    redis.call('ZADD', KEYS[3], now, process)
    redis.call('PEXPIRE', KEYS[3], 1000)
    wait = 10
  end
end
local span, allowed = 0, 1
for i = 6, #KEYS do
  local requests, ms = tonumber(ARGV[9 + (i - 6) * 2]), tonumber(ARGV[10 + (i - 6) * 2])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  local over = redis.call('ZCARD', KEYS[i]) + under - requests
  if over >= 0 then
    local leaving = redis.call('ZRANGE', KEYS[i], over, over, 'WITHSCORES')
    local free = leaving[2] and math.max(1, leaving[2] - now) or 10
    if free > wait then wait = free span = ms allowed = requests end
  end
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
if probing then redis.call('HSET', KEYS[1], 'probe', permit, 'probeUntil', now + lease) end
return {'GO', 0}
`

/**
 * KEYS state calls rate…
 * ARGV permit outcome code pauseMs failuresToOpen firstCooldownMs longestCooldownMs authCooldownMs lingerMs ms…
 * outcome: OK (reached and well), FAILED (down), THROTTLED, AUTH, REFUSED (reached, said no), ABORTED (given up by us)
 * lingerMs: how long a call whose answer was lost may still go on at the vendor
 * returns {change, retryInMs}: change OPENED, AUTH, CLOSED or ''; retryInMs > 0 while the breaker is not closed
 */
export const LEAVE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local permit, outcome, code = ARGV[1], ARGV[2], ARGV[3]
local function number(name) return tonumber(redis.call('HGET', KEYS[1], name) or '0') end
local function set(...) redis.call('HSET', KEYS[1], ...) end

local linger = tonumber(ARGV[9])
if linger > 0 then
  redis.call('ZADD', KEYS[2], 'XX', now + linger, permit)
else
  redis.call('ZREM', KEYS[2], permit)
end
for i = 3, #KEYS do
  local ms = tonumber(ARGV[10 + i - 3]) + linger + 1
  redis.call('ZADD', KEYS[i], now + ms, permit)
  if redis.call('PTTL', KEYS[i]) < ms then redis.call('PEXPIRE', KEYS[i], ms + 1) end
end
local breaker = redis.call('HGET', KEYS[1], 'breaker') or 'CLOSED'
local probe = redis.call('HGET', KEYS[1], 'probe') == permit
if probe then redis.call('HDEL', KEYS[1], 'probe', 'probeUntil') end
if outcome == 'ABORTED' then return {'', 0} end

local change = ''
if outcome == 'OK' or outcome == 'REFUSED' or outcome == 'THROTTLED' then
  redis.call('HDEL', KEYS[1], 'failures')
  if outcome == 'OK' then set('lastSuccessAt', now) else set('lastErrorAt', now, 'lastError', code) end
  if outcome == 'THROTTLED' then set('pausedUntil', math.max(number('pausedUntil'), now + tonumber(ARGV[4]))) end
  if probe and breaker ~= 'CLOSED' then
    redis.call('HDEL', KEYS[1], 'cooldown', 'retryAt')
    set('breaker', 'CLOSED', 'changedAt', now)
    change = 'CLOSED'
  end
  return {change, 0}
end

set('lastErrorAt', now, 'lastError', code)
if breaker ~= 'CLOSED' and not probe then return {'', math.max(1, number('retryAt') - now)} end
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if outcome == 'AUTH' then
  set('retryAt', now + math.max(tonumber(ARGV[8]), tonumber(ARGV[4])))
  if breaker ~= 'AUTH' then change = 'AUTH' end
elseif probe or failures >= tonumber(ARGV[5]) then
  local cooldown = math.max(tonumber(ARGV[6]), math.min(number('cooldown') * 2, tonumber(ARGV[7])))
  set('cooldown', cooldown, 'retryAt', now + cooldown)
  if breaker ~= 'OPEN' then change = 'OPENED' end
else
  return {'', 0}
end
if change ~= '' then set('breaker', change == 'AUTH' and 'AUTH' or 'OPEN', 'changedAt', now) end
return {change, number('retryAt') - now}
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
  redis.call('HDEL', KEYS[1], 'breaker', 'failures', 'cooldown', 'retryAt', 'probe', 'probeUntil', 'pausedUntil')
end
return 1
`
