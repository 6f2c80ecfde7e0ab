-- A hook of Apache's mod_lua: asks grantd whether the request may pass, and sets the headers X-Auth-*.
local http = require("socket.http")

local url = "http://127.0.0.1:3000/api/v1/tenant/main/oauth/verify?scope=api:read"
local names = { "X-Auth-Subject", "X-Auth-Client", "X-Auth-Tenant", "X-Auth-Scopes", "X-Auth-Token-Id" }

http.TIMEOUT = 5

function check(r)
  -- mod_proxy would take away from the API what a sender names in Connection.
  if (r.headers_in["Connection"] or ""):lower():find("x%Aauth%A") then
    return 400
  end
  for name in pairs(r:headers_in_table()) do
    if name:lower():find("^x%Aauth%A") then
      r.headers_in[name] = nil
    end
  end
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
