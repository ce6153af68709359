//! Prints an employee of a company: `cargo run --example employee -- TOKENS SECRET CLIENT REALM ID`
//!
//! TOKENS is the JSON that Intuit's token endpoint (or its OAuth Playground) answered with; it is
//! kept up to date in place. SECRET is a file with the app's client secret, CLIENT its client id,
//! REALM the company, ID the employee. The company is one of Intuit's sandbox.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::env::args;
use std::error::Error;
use std::fs::read_to_string;
use std::sync::Arc;

use evergrant::{ClientSecret, ConnectionId, FileStore, Keeper, OAuthClient, TokenFile};
use evergrant_quickbooks::{Client, Endpoints, EntityKind, Environment, intuit};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = args().skip(1).collect();
    let [tokens, secret, client_id, realm, id] = given.as_slice() else {
        return Err("give TOKENS SECRET CLIENT REALM ID".into());
    };

    // The token file becomes a connection, adopted where it is.
    let books = ConnectionId::new("books");
    let provider = intuit(Environment::Sandbox);
    let token_file = TokenFile {
        path: tokens.into(),
        provider: provider.name.clone(),
        realm: Some(realm.clone()),
    };
    let store = FileStore::new().with(books.clone(), token_file);

    // The keeper refreshes when it must, and saves what it gets before anybody sees it.
    let keys = OAuthClient {
        id: client_id.clone(),
        secret: Some(ClientSecret::new(read_to_string(secret)?.trim())),
    };
    let keeper = Keeper::builder(Arc::new(store))
        .provider(provider, keys)
        .build()?;

    let base_url = Endpoints::of(Environment::Sandbox).base_url;
    let quickbooks = Client::new(keeper.client(&books), base_url, realm.as_str());
    match quickbooks.read_entity(EntityKind::Employee, id).await {
        Ok(employee) => println!("{}", employee.json().pretty()),
        Err(error) => println!("{error}\n{}", error.advice()),
    }

    keeper.drain().await;
    Ok(())
}
