-- Asks Countersign about a request: "http-request lua.countersign http://127.0.0.1:8080/forward-auth/CLIENT-ID".
-- Says in txn.countersign what became of it. Whatever goes wrong leaves that empty, and haproxy.cfg lets nobody in then.

local asked = {
  "cookie", "accept", "user-agent", "sec-fetch-mode",
  "x-forwarded-method", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri", "x-forwarded-for",
}
local told = {
  "remote-user", "remote-email", "remote-name", "remote-organization", "remote-organization-id", "remote-role", "remote-acr", "cookie",
}

-- Lists of headers begin at 0.
local function first(list)
  return list and (list[0] or list[1])
end

core.register_action("countersign", { "http-req" }, function(txn, address)
  local sent = txn.http:req_get_headers()
  local headers = {}
  for _, name in ipairs(asked) do
    if sent[name] then
      local values = {}
      for _, value in pairs(sent[name]) do
        table.insert(values, value)
      end
      headers[name] = values
    end
  end

  local reply = core.httpclient():get({ url = address, headers = headers, timeout = 5000 })
  if reply == nil then
    return
  end

  if reply.status == 200 then
    for _, name in ipairs(told) do
      local value = first(reply.headers[name])
      if value and value ~= "" then
        txn.http:req_set_header(name, value)
      else
        txn.http:req_del_header(name)
      end
    end
    txn:set_var("txn.countersign", "let-in")
  elseif reply.status == 302 and first(reply.headers["location"]) then
    txn:set_var("txn.countersign_location", first(reply.headers["location"]))
    if first(reply.headers["set-cookie"]) then
      txn:set_var("txn.countersign_way", first(reply.headers["set-cookie"]))
    end
    txn:set_var("txn.countersign", "sign-in")
  elseif reply.status == 401 then
    txn:set_var("txn.countersign", "not-signed-in")
  end
end, 1)
