-- What wrk sends, and what it tells afterwards as one line of JSON.
-- Arguments: a file of requests; the order: one, random or once; keep-alive or close.
-- A request is a line: method, path, authorization, content type and body with tabs between them.
local requests = {}

local function read(line, headers)
  local method, path, authorization, content_type, body = line:match('^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$')
  if authorization ~= '' then headers['Authorization'] = authorization end
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

function init(args)
  local file, order, connection = args[1], args[2], args[3]
  math.randomseed(1)
  for line in io.lines(file) do
    local headers = { Host = wrk.headers['Host'], Connection = connection == 'close' and 'close' or nil }
    if order == 'one' then
      wrk.method, wrk.path, wrk.body = read(line, headers)
      wrk.headers = headers
      break
    end
    local method, path, body = read(line, headers)
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
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
