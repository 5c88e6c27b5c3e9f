extension CRMService {
  /// `POST /3.0/lists/LIST` as Mailchimp has it: at most 500 members, and 10 calls at a time (429);
  /// a problem document for other errors, and errors by member in an answer of status 200.
  /// `POST /crm/v3/objects/contacts/batch/upsert` as HubSpot: at most 100 inputs; errors by input
  /// in an answer of status 207; its first two calls are too many for the second (429, with the
  /// headers of its limits).
  /// `POST /services/oauth2/token` and `POST /services/data/v61.0/composite` as Salesforce: a token
  /// that is good for six calls (401 behind them); one upsert of at most 200 records in a call;
  /// the first call is beyond the limit of the day (403), the second a fault of its own (500).
  /// An address that ends in `.invalid` no service takes. `GET /account` is what it keeps.
  static let script = #"""
    import base64, http.server, json, sys, threading, urllib.parse

    lock = threading.Lock()
    names = ["mailchimp", "hubspot", "salesforce"]
    accounts = {n: {"contacts": {}, "answers": {}, "largest": 0, "most": 0, "written": 0,
                    "odd": []} for n in names}
    under_way = dict.fromkeys(names, 0)
    calls = dict.fromkeys(names, 0)
    tokens = {}
    BAD = ".invalid"

    def take(name, key, email, first, last, state=None):
        account = accounts[name]
        is_new = key not in account["contacts"]
        account["contacts"][key] = {"email": email, "first": first, "last": last, "state": state}
        account["written"] += 1
        return is_new

    def problem(status, title, detail):
        return status, {"type": "https://mailchimp.com/developer/marketing/docs/errors/",
                        "title": title, "status": status, "detail": detail, "instance": "9b1b"}, {}

    def mailchimp(path, headers, body):
        if headers.get("authorization") != "Bearer key-us1":
            return problem(401, "API Key Invalid", "Your API key may be invalid.")
        if under_way["mailchimp"] > 10:
            return problem(429, "Too Many Requests", "more than 10 simultaneous connections")
        members = body["members"]
        accounts["mailchimp"]["largest"] = max(accounts["mailchimp"]["largest"], len(members))
        if len(members) > 500 or body.get("update_existing") is not True:
            return problem(400, "Invalid Resource", "members")
        new, updated, errors = [], [], []
        for m in members:
            email, fields = m["email_address"], m["merge_fields"]
            if email.endswith(BAD) or m["status"] not in ("subscribed", "unsubscribed"):
                errors.append({"email_address": email, "error": email + " looks fake or invalid",
                               "error_code": "ERROR_GENERIC", "field": "", "field_message": ""})
                continue
            is_new = take("mailchimp", email, email, fields["FNAME"], fields["LNAME"], m["status"])
            (new if is_new else updated).append({"email_address": email, "status": m["status"]})
        return 200, {"new_members": new, "updated_members": updated, "errors": errors,
                     "total_created": len(new), "total_updated": len(updated),
                     "error_count": len(errors), "_links": []}, {}

    def hubspot(path, headers, body):
        limits = {"X-HubSpot-RateLimit-Max": "100", "X-HubSpot-RateLimit-Remaining": "0",
                  "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
        if headers.get("authorization") != "Bearer pat-1":
            return 401, {"status": "error", "category": "INVALID_AUTHENTICATION",
                         "message": "Authentication credentials not found"}, {}
        if calls["hubspot"] <= 2:
            return 429, {"status": "error", "message": "You have reached your secondly limit.",
                         "errorType": "RATE_LIMIT", "policyName": "SECONDLY",
                         "correlationId": "c033"}, limits
        inputs = body["inputs"]
        accounts["hubspot"]["largest"] = max(accounts["hubspot"]["largest"], len(inputs))
        if len(inputs) > 100 or len({i["id"] for i in inputs}) < len(inputs):
            return 400, {"status": "error", "category": "VALIDATION_ERROR",
                         "message": "too many inputs, or an id twice"}, limits
        results, errors = [], []
        for i in inputs:
            p, trace = i["properties"], i["objectWriteTraceId"]
            assert i["idProperty"] == "email" and i["id"] == p["email"]
            if i["id"].endswith(BAD):
                errors.append({"status": "error", "category": "VALIDATION_ERROR",
                               "message": "Property values were not valid: email",
                               "context": {"objectWriteTraceId": [trace]}})
                continue
            is_new = take("hubspot", i["id"], p["email"], p["firstname"], p["lastname"])
            results.append({"id": "5" + trace, "new": is_new, "properties": p, "archived": False,
                            "objectWriteTraceId": trace, "createdAt": "2026-03-01T10:00:00Z"})
        said = {"status": "COMPLETE", "results": results, "startedAt": "2026-03-01T10:00:00Z"}
        if errors: said.update(numErrors=len(errors), errors=errors)
        return 207 if errors else 200, said, limits

    def salesforce(path, headers, body):
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or tokens.get(token, 0) <= 0:
            return 401, [{"message": "Session expired or invalid",
                          "errorCode": "INVALID_SESSION_ID"}], {}
        tokens[token] -= 1
        if calls["salesforce"] == 1:
            return 403, [{"message": "TotalRequests Limit exceeded.",
                          "errorCode": "REQUEST_LIMIT_EXCEEDED"}], {}
        if calls["salesforce"] == 2:
            return 500, [{"message": "An unexpected error occurred", "errorCode": "UNKNOWN"}], {}
        (inner,) = body["compositeRequest"]
        assert inner["method"] == "PATCH"
        assert inner["url"] == "/services/data/v61.0/composite/sobjects/Contact/Contact_Id__c"
        records, results = inner["body"]["records"], []
        accounts["salesforce"]["largest"] = max(accounts["salesforce"]["largest"], len(records))
        assert len(records) <= 200
        for r in records:
            assert r["attributes"] == {"type": "Contact"} and r["LastName"]
            if r["Email"].endswith(BAD):
                results.append({"success": False, "errors": [
                    {"statusCode": "INVALID_EMAIL_ADDRESS", "fields": ["Email"],
                     "message": "Email: invalid email address: " + r["Email"]}]})
                continue
            is_new = take(
                "salesforce", r["Contact_Id__c"], r["Email"], r["FirstName"], r["LastName"])
            results.append({"id": "003" + r["Contact_Id__c"], "success": True, "errors": [],
                            "created": is_new})
        return 200, {"compositeResponse": [
            {"body": results, "httpHeaders": {}, "httpStatusCode": 200,
             "referenceId": inner["referenceId"]}]}, {"Sforce-Limit-Info": "api-usage=18/5000"}

    def token(credentials, form):
        known = "Basic " + base64.b64encode(b"id-1:secret-1").decode()
        if credentials != known or form.get("grant_type") != "client_credentials":
            return 400, {"error": "invalid_client", "error_description": "invalid client"}, {}
        name = "token-%d" % (len(tokens) + 1)
        tokens[name] = 6
        return 200, {"access_token": name, "token_type": "Bearer", "scope": "api",
                     "instance_url": "https://example.my.salesforce.com"}, {}

    places = {"/3.0/lists/a1b2c3d4e5": ("mailchimp", mailchimp),
              "/crm/v3/objects/contacts/batch/upsert": ("hubspot", hubspot),
              "/services/data/v61.0/composite": ("salesforce", salesforce)}

    class Services(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            with lock: self.say(200, accounts, {})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/services/oauth2/token":
                with lock: answer = token(
                    self.headers["authorization"], dict(urllib.parse.parse_qsl(body.decode())))
                return self.say(*answer)
            name, service = places[self.path]
            account = accounts[name]
            with lock:
                calls[name] += 1
                under_way[name] += 1
                account["most"] = max(account["most"], under_way[name])
                try:
                    headers = {k.lower(): v for k, v in self.headers.items()}
                    status, said, more = service(self.path, headers, json.loads(body))
                except Exception as fault:
                    account["odd"].append(repr(fault))
                    status, said, more = 400, {"message": repr(fault)}, {}
                if "idempotency-key" in headers: account["odd"].append("a key that nobody knows")
                account["answers"][str(status)] = account["answers"].get(str(status), 0) + 1
            self.say(status, said, more)
            with lock: under_way[name] -= 1

        def say(self, status, said, headers):
            text = json.dumps(said).encode()
            self.send_response(status)
            for name, value in headers.items(): self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *words): pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        # A process that is killed ends its connections.
        def handle_error(self, *words): pass

    server = Server(("127.0.0.1", 0), Services)
    print(server.server_address[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()
    """#
}
