# Its settings. Two of its tests name a department by the second, so these are made slowly enough.
export CLIENT_ID="$EVERGRANT_CLIENT_ID" CLIENT_SECRET="$EVERGRANT_CLIENT_SECRET" COMPANY_ID="$EVERGRANT_REALM"
REFRESH_TOKEN=$(sed -n 's/.*"refresh_token": "\([^"]*\)".*/\1/p' "$EVERGRANT_TOKEN_FILE") && export REFRESH_TOKEN
"$SUITE/venv/bin/python" -c '
import os, requests
path = "/v3/company/" + os.environ["COMPANY_ID"] + "/department"
slow = {"path": path, "method": "POST", "what": {"delay": {"millis": 1000}}, "times": None}
requests.post(os.environ["EVERGRANT_BASE_URL"] + "/_sandbox/faults", json=slow).raise_for_status()'
