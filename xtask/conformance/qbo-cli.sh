# A home with two profiles; `uv run` is to take the tool from where it is installed.
export HOME="$SUITE/home" UV_NO_SYNC=1 UV_OFFLINE=1 UV_PROJECT_ENVIRONMENT="$SUITE/venv" PATH="$SUITE/venv/bin:$PATH"
mkdir -p "$HOME/.qbo"
keys="\"client_id\": \"$EVERGRANT_CLIENT_ID\", \"client_secret\": \"$EVERGRANT_CLIENT_SECRET\""
echo "{\"prod\": {$keys}, \"dev\": {$keys, \"sandbox\": true}}" > "$HOME/.qbo/config.json"
sed "1s/{/{\"realm_id\": \"$EVERGRANT_REALM\",/" "$EVERGRANT_TOKEN_FILE" | tee "$HOME/.qbo/tokens.prod.json" > "$HOME/.qbo/tokens.dev.json"
