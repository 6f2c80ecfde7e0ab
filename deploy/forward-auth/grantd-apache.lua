-- A hook of Apache's mod_lua: asks grantd whether the request may pass, and sets the headers X-Auth-*.
local http = require("socket.http")

local url = "http://127.0.0.1:3000/api/v1/tenant/main/oauth/verify?scope=api:read"
local names = { "X-Auth-Subject", "X-Auth-Client", "X-Auth-Tenant", "X-Auth-Scopes", "X-Auth-Token-Id" }

http.TIMEOUT = 5

function check(r)
  local sent = r.headers_in["Authorization"]
  local answered, status, headers = http.request({
    url = url,
    headers = sent and { authorization = sent } or {},
    redirect = false,
  })
  if not answered then
    return 503
  end
  if status == 401 or status == 403 then
    r.err_headers_out["WWW-Authenticate"] = headers["www-authenticate"] or 'Bearer realm="grantd"'
    return status
  end
  if status ~= 200 then
    return 503
  end
  for _, name in ipairs(names) do
    r.headers_in[name] = headers[name:lower()] or ""
  end
  return apache2.OK
end
