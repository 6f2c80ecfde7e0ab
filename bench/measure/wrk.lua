-- What wrk sends, and what it tells afterwards as one line of JSON.
-- Arguments: a file of requests; the order: one, random, once or chain; keep-alive or close.
-- A request is a line: method, path, authorization, cookie, content type and body with tabs between them.
local requests = {}

local function read(line, headers)
  local method, path, authorization, cookie, content_type, body = line:match('^(.-)\t(.-)\t(.-)\t(.-)\t(.-)\t(.*)$')
  if authorization ~= '' then headers['Authorization'] = authorization end
  if cookie ~= '' then headers['Cookie'] = cookie end
  if content_type ~= '' then headers['Content-Type'] = content_type end
  return method, path, body ~= '' and body or nil
end

-- The thread that counts the time sleeps until the end: a signal wakes it, so that the time is that of the requests.
local function finish()
  local ffi = require('ffi')
  ffi.cdef('int getpid(void); int kill(int, int);')
  wrk.thread:stop()
  ffi.C.kill(ffi.C.getpid(), 2)
end

-- Defined only where needed: wrk calls Lua for each request as soon as there is a function of that name.
local function send_in_order(order)
  -- The first call is wrk looking what a request is like; it sends nothing.
  local count = -1
  function request()
    if order == 'random' then return requests[math.random(#requests)] end
    count = count + 1
    if count == #requests then finish() end
    return requests[math.max(1, math.min(count, #requests))]
  end
end

-- Each answer of the token endpoint has the refresh token of a later request; `template` is the request with another one in it.
local function send_in_chain(template, headers)
  local first, last = 1, #requests
  local method, path, body = read(template, headers)
  local is_probe = true
  function request()
    if is_probe then
      is_probe = false
      return requests[first]
    end
    local next = requests[first]
    requests[first] = nil
    first = first + 1
    return next
  end
  function response(status, _, answer)
    local token = answer:match('"refresh_token":"([^"]+)"')
    if not token then error('no refresh token in ' .. status .. ' ' .. answer) end
    last = last + 1
    requests[last] = wrk.format(method, path, headers, (body:gsub('refresh_token=[^&]+', 'refresh_token=' .. token)))
  end
end

function init(args)
  local file, order, connection = args[1], args[2], args[3]
  math.randomseed(1)
  local last_line, last_headers
  for line in io.lines(file) do
    local headers = { Host = wrk.headers['Host'], Connection = connection == 'close' and 'close' or nil }
    if order == 'one' then
      wrk.method, wrk.path, wrk.body = read(line, headers)
      wrk.headers = headers
      break
    end
    local method, path, body = read(line, headers)
    requests[#requests + 1] = wrk.format(method, path, headers, body)
    last_line, last_headers = line, headers
  end
  if order == 'chain' then return send_in_chain(last_line, last_headers) end
  if order ~= 'one' then send_in_order(order) end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"p999":%.3f,"longest":%.3f,"bad":%d,"broken":%d,"ended":%d}\n',
    summary.requests, summary.duration / 1000000,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000, latency.max / 1000,
    errors.status, errors.connect + errors.write + errors.timeout, errors.read))
end
