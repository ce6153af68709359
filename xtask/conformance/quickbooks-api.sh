# Its settings, and the token in the form in which its own library puts tokens away.
export QB_CLIENT_ID="$EVERGRANT_CLIENT_ID" QB_CLIENT_SECRET="$EVERGRANT_CLIENT_SECRET" REDIRECT_URI=http://localhost/cb
export SECRET_KEY=0123456789abcdef0123456789abcdef PATH="$SUITE/node_modules/.bin:$PATH"
SERIALIZED_TOKEN=$(bun -e '
const { AuthProvider } = await import("./src/app"), env = process.env, token = await Bun.file(env.EVERGRANT_TOKEN_FILE).json()
const until = (seconds) => new Date(Date.now() + seconds * 1000), auth = new AuthProvider(env.QB_CLIENT_ID, env.QB_CLIENT_SECRET, env.REDIRECT_URI, [])
await auth.setToken({ tokenType: "bearer", realmId: env.EVERGRANT_REALM, accessToken: token.access_token, refreshToken: token.refresh_token,
  accessTokenExpiryDate: until(token.expires_in), refreshTokenExpiryDate: until(token.x_refresh_token_expires_in) })
console.log(await auth.serializeToken(env.SECRET_KEY))') && export SERIALIZED_TOKEN
