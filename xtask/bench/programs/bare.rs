//! The job with none of the care: what `evergrant get employee 58` does, as a program that trusts
//! everything to go well.
//!
//! `bench-bare API-URL TOKEN-URL CA-FILE TOKEN-FILE CLIENT-ID CLIENT-SECRET` reads the token, gets,
//! on a 401 refreshes, overwrites the token file and gets again, and prints the body. No lock, no
//! journal, no sync, no retry, no check of where the token goes: the least that the work can cost.

#![expect(clippy::print_stdout, reason = "the body is its output")]

#[path = "../client.rs"]
mod client;

use std::error::Error;
use std::fs;

use reqwest::header::ACCEPT;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [api, token_url, ca_file, token_file, id, secret] = args.as_slice() else {
        return Err("usage: bench-bare API-URL TOKEN-URL CA-FILE TOKEN-FILE ID SECRET".into());
    };
    let client = client::bare(&fs::read(ca_file)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut answer = get(&client, api, &access_token(&fs::read(token_file)?)?).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            answer.bytes().await?;
            let token = refresh(&client, token_url, token_file, (id, secret)).await?;
            answer = get(&client, api, &token).await?;
        }
        println!("{}", answer.error_for_status()?.text().await?);
        Ok(())
    })
}

async fn get(client: &Client, url: &str, token: &str) -> reqwest::Result<Response> {
    let request = client.get(url).header(ACCEPT, "application/json");
    request.bearer_auth(token).send().await
}

async fn refresh(
    client: &Client,
    url: &str,
    file: &str,
    (id, secret): (&str, &str),
) -> Result<String, Box<dyn Error>> {
    let old: Value = serde_json::from_slice(&fs::read(file)?)?;
    let old = old["refresh_token"].as_str().ok_or("no refresh token")?;
    let form = [("grant_type", "refresh_token"), ("refresh_token", old)];
    let request = client.post(url).basic_auth(id, Some(secret)).form(&form);
    let new = request.send().await?.error_for_status()?.bytes().await?;
    overwrite(file, &new)?;
    access_token(&new)
}

fn access_token(json: &[u8]) -> Result<String, Box<dyn Error>> {
    let tokens: Value = serde_json::from_slice(json)?;
    let token = tokens["access_token"].as_str().ok_or("no access token")?;
    Ok(token.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "neither atomic nor synced: that is the program to compare with"
)]
fn overwrite(file: &str, bytes: &[u8]) -> std::io::Result<()> {
    fs::write(file, bytes)
}
