// Lists so many invoices with node-quickbooks, a line of JSON for each.
const QuickBooks = require('node-quickbooks')
const env = process.env, wanted = Number(process.argv[2])
const qbo = new QuickBooks({ consumerKey: env.EVERGRANT_CLIENT_ID, consumerSecret: env.EVERGRANT_CLIENT_SECRET,
  token: require(env.EVERGRANT_TOKEN_FILE).access_token, tokenSecret: false, realmId: env.EVERGRANT_REALM,
  useSandbox: true, debug: false, minorversion: 75, oauthversion: '2.0', refreshToken: '' })

const page = (offset, limit) => new Promise((resolve, reject) =>
  qbo.findInvoices({ offset, limit }, (error, found) => error ? reject(error) : resolve(found.QueryResponse.Invoice)))

const list = async () => {
  for (let offset = 1; offset <= wanted; offset += 1000) {
    const invoices = await page(offset, Math.min(1000, wanted + 1 - offset))
    process.stdout.write(invoices.map((invoice) => JSON.stringify(invoice) + '\n').join(''))
  }
}
list().catch((error) => { console.error(String(error)); process.exitCode = 1 })
