"""Lists so many invoices with python-quickbooks, a line of JSON for each."""
import json, os, sys
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.objects.invoice import Invoice

env, wanted = os.environ, int(sys.argv[1])
auth = AuthClient(env["EVERGRANT_CLIENT_ID"], env["EVERGRANT_CLIENT_SECRET"], "http://localhost/cb", "sandbox")
refresh_token = json.load(open(env["EVERGRANT_TOKEN_FILE"]))["refresh_token"]
client = QuickBooks(auth_client=auth, refresh_token=refresh_token, company_id=env["EVERGRANT_REALM"])
for start in range(1, wanted + 1, 1000):
    page = min(1000, wanted + 1 - start)
    for invoice in Invoice.all(start_position=start, max_results=page, qb=client):
        print(json.dumps(invoice.to_dict()))
