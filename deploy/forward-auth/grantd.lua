-- An action of HAProxy: asks grantd at the URL whether the request may pass. Sets txn.auth_status, txn.auth_challenge and the headers
-- X-Auth-*. Without an answer there is no status, and the configuration refuses the request.
local names = { "x-auth-subject", "x-auth-client", "x-auth-tenant", "x-auth-scopes", "x-auth-token-id" }

core.register_action("grantd", { "http-req" }, function(txn, url)
  local sent = txn.http:req_get_headers()["authorization"]
  local headers = {}
  if sent then
    -- Of two tokens nobody could say which one the API would read.
    if sent[1] then
      txn:set_var("txn.auth_status", 401)
      txn:set_var("txn.auth_challenge", 'Bearer realm="grantd"')
      return
    end
    headers["authorization"] = { sent[0] }
  end
  local response = core.httpclient():get({ url = url, headers = headers, timeout = 5000 })
  if not response or not response.status then
    return
  end
  local challenge = response.headers and response.headers["www-authenticate"]
  txn:set_var("txn.auth_challenge", challenge and challenge[0] or 'Bearer realm="grantd"')
  txn:set_var("txn.auth_status", response.status)
  if response.status == 200 then
    for _, name in ipairs(names) do
      local value = response.headers[name]
      txn.http:req_set_header(name, value and value[0] or "")
    end
  end
end, 1)
