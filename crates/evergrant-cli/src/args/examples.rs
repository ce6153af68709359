//! What the help of the commands that work on a company's books ends with: a word about each, and examples.

pub(super) const GET: &str = "\
Examples:
  evergrant get employee 58 -c acme
  evergrant get employee 58 --path PrimaryAddr.City --path DisplayName
  evergrant get invoice 129 -o card --tz utc
  evergrant get exchangerate EUR/2026-01-31
  evergrant get preferences --jq .Preferences.CurrencyPrefs";

pub(super) const LIST: &str = "\
Without --all or --limit at most 100 rows come. All rows are fetched 1000 at a time, in an order that
loses and repeats none while others change the books, and are written as they come. Conditions are
QuickBooks' own, joined by AND; only active objects are listed unless a condition says otherwise.

Examples:
  evergrant list customer --all -o csv > customers.csv
  evergrant list invoice --where \"Balance > '0'\" --where \"TxnDate >= '2026-01-01'\" -o table
  evergrant list employee --where \"Active IN (true, false)\" --fields Id,DisplayName,Active -o table
  evergrant list invoice --order 'TxnDate desc' --limit 10 --jq '{DocNumber, TotalAmt}' -o jsonl";

pub(super) const QUERY: &str = "\
Examples:
  evergrant query \"select * from Employee where DisplayName like 'B%'\"
  evergrant query \"select * from Employee\" --path DisplayName     # one a line
  evergrant query \"select * from Invoice\" --all -o jsonl          # every row, not one page
  evergrant query \"select * from Invoice where Balance > '0'\" --count
  evergrant query -f open.sql -o table";

pub(super) const CREATE: &str = "\
Members are given as member=value (what the member is decides whether that is text, a number, true or
false, or a reference's id), as member:=json, or as a file; a name may be a path. The same --request-id
makes the object once, however often the command is run.

Examples:
  evergrant create employee GivenName=Ann FamilyName=Lee PrimaryAddr.City=Bayshore BillRate=85
  evergrant create customer DisplayName='Cool Cars' --dry-run
  evergrant create invoice -f invoice.json --request-id order-4711
  evergrant create invoice CustomerRef=1 'Line:=[{\"Amount\":10.00,\"DetailType\":\"SalesItemLineDetail\",
            \"SalesItemLineDetail\":{\"ItemRef\":{\"value\":\"1\"}}}]'";

pub(super) const UPDATE: &str = "\
The object is read first, unless a file has its SyncToken: then somebody else's change in between ends
with code 9 and overwrites nothing. Without --sparse the whole object is sent with the changes made;
with it, only what is given.

Examples:
  evergrant update employee 58 PrimaryAddr.City=Bayshore
  evergrant update customer 1 Active=false --sparse
  evergrant update customer 1 --sparse Notes='Pays late' --reapply 3
  evergrant get invoice 129 > it.json; $EDITOR it.json; evergrant update invoice -f it.json";

pub(super) const DELETE: &str = "\
Asks before it deletes, unless --yes is given. Names in lists can't be deleted: see update Active=false.

Examples:
  evergrant delete invoice 129
  evergrant delete invoice 129 --yes --request-id cleanup-129";

pub(super) const VOID: &str = "\
Keeps the transaction with all its amounts at zero. Asks before it does, unless --yes is given.

Example:
  evergrant void invoice 129 --yes";

pub(super) const SEND: &str = "\
Examples:
  evergrant send invoice 129
  evergrant send estimate 41 --to billing@example.com";

pub(super) const PDF: &str = "\
Examples:
  evergrant pdf invoice 129 -f invoice-129.pdf
  evergrant pdf invoice 129 -f - | lpr";

pub(super) const BATCH: &str = "\
Each line is an item of QuickBooks' batches: {\"operation\":\"create\",\"Customer\":{...}}, or
{\"Query\":\"select ...\"}; without an operation it is a create. Thirty are sent at a time. What came of
each is printed as one line in the order of the file. FILE.journal says how far it has come: after a
crash, a kill or an unknown outcome, --resume goes on and makes nothing twice.

Examples:
  evergrant batch customers.jsonl > made.jsonl
  evergrant batch customers.jsonl --resume >> made.jsonl
  evergrant batch customers.jsonl --dry-run";

pub(super) const CDC: &str = "\
What was made, changed or deleted since a moment, which lies 30 days back at most. The answer says the
time to ask for next.

Examples:
  evergrant cdc --since 2026-11-01 --entities invoice,payment
  evergrant cdc --since 2h -o jsonl
  evergrant cdc --since 2026-11-22T09:00:00-08:00 -o table";

pub(super) const ATTACH: &str = "\
Examples:
  evergrant attach add receipt.png --to purchase/8 --note 'Lunch'
  evergrant attach list invoice/129 -o table
  evergrant attach get 5000000000000503624 -f receipt.png";

pub(super) const REPORT: &str = "\
--tidy lays it flat: one row for each cell, with its path, row kind, id, column and value; totals that
are not the sums of their rows are told on stderr. A report that was cut short is an error.

Examples:
  evergrant report list
  evergrant report ProfitAndLoss start_date=2026-01-01 end_date=2026-06-30
  evergrant report BalanceSheet --tidy -o csv > balance.csv
  evergrant report AgedReceivables --tidy --jq 'select(.row == \"data\") | {path, value}' -o jsonl";

pub(super) const USAGE: &str = "\
Intuit meters what reads (reads, queries, reports) from production companies, by company and month.
Calls are counted on this machine, in months of UTC; with --budget N, or budget = N in evergrant.toml,
the call that would exceed it is not made.

Examples:
  evergrant usage
  evergrant list invoice --all --budget 400000";

pub(super) const WEBHOOK: &str = "\
The verifier token is the app's, from developer.intuit.com: in a file, or in EVERGRANT_WEBHOOK_TOKEN.
Both formats of deliveries are read. Ends with code 6 if the signature is not Intuit's.

Examples:
  evergrant webhook verify --signature \"$INTUIT_SIGNATURE\" -f body.json -o jsonl
  evergrant webhook queue -o table      # what the gateway has taken in and not handed on yet";

pub(super) const SCHEMA: &str = "\
Examples:
  evergrant schema                        # the entities and what can be done with them
  evergrant schema invoice                # its members
  evergrant schema invoice.Line           # what a line has in it
  evergrant schema employee -o json";
