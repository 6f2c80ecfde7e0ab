//! What the programs share: where grantd is, tokens by hand, and how a claim is printed.

use std::env::var;
use std::error::Error;
use std::fs::read;

use reqwest::blocking::Client;
use serde_json::{json, Value};

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub fn setting_of(name: &str) -> String {
    var(format!("INTEROP_{name}")).unwrap_or_default()
}

/// The issuer of a tenant: rs256, es256, eddsa, atjwt.
pub fn issuer_of(tenant: &str) -> String {
    format!("{}/api/v1/tenant/{tenant}", setting_of("URL"))
}

pub fn secure_issuer_of(tenant: &str) -> String {
    format!("{}/api/v1/tenant/{tenant}", setting_of("HTTPS_URL"))
}

/// A client that trusts the authority of the https server, and follows no redirect.
pub fn http() -> Outcome<Client> {
    let authority = reqwest::Certificate::from_pem(&read(setting_of("CA"))?)?;
    let none = reqwest::redirect::Policy::none();
    Ok(Client::builder().add_root_certificate(authority).redirect(none).build()?)
}

fn post(url: String, form: &[(&str, &str)]) -> Outcome<Value> {
    let answer = http()?.post(url).form(form).send()?;
    check(answer.status() == 200, "is refused")?;
    Ok(answer.json()?)
}

/// A token by hand, for clients that verify one.
pub fn get_token(issuer: &str) -> Outcome<String> {
    let (id, secret) = (setting_of("CLIENT_ID"), setting_of("CLIENT_SECRET"));
    let form = [("grant_type", "client_credentials"), ("scope", "read"), ("client_id", &id), ("client_secret", &secret)];
    let answer = post(format!("{issuer}/oauth/token"), &form)?;
    Ok(answer["access_token"].as_str().ok_or("no token")?.to_owned())
}

pub fn check(holds: bool, message: &str) -> Outcome {
    if holds {
        return Ok(());
    }
    Err(message.into())
}

/// What a client got is a token of the client with the scope that it asked for.
pub fn try_token(issuer: &str, token: &str) -> Outcome {
    let (id, secret) = (setting_of("API_ID"), setting_of("API_SECRET"));
    let form = [("token", token), ("client_id", &id), ("client_secret", &secret)];
    let answer = post(format!("{issuer}/oauth/introspect"), &form)?;
    check(answer["active"] == true, "is not active")?;
    check(answer["client_id"] == setting_of("CLIENT_ID"), "is of another client")?;
    check(answer["scope"] == "read", "has another scope")
}

/// A verifier takes a good token, answers its client, and refuses a changed one, one of another tenant, and nonsense.
pub fn try_verifier(tenant: &str, verify: impl Fn(&str) -> Outcome<String>) -> Outcome {
    let token = get_token(&issuer_of(tenant))?;
    check(verify(&token)? == setting_of("CLIENT_ID"), "answers another client")?;
    let other = get_token(&issuer_of(if tenant == "rs256" { "atjwt" } else { "rs256" }))?;
    let (signed, signature) = token.rsplit_once('.').ok_or("no token")?;
    let changed = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    for bad in [changed.as_str(), &other, "nonsense"] {
        check(verify(bad).is_err(), "takes a bad token")?;
    }
    Ok(())
}

type Attempt<'a> = &'a dyn Fn() -> Outcome;

/// Prints what became of one thing: as it comes first; where that fails, each of the settings until one works.
pub fn claim(client: &str, does: &str, as_it_comes: Attempt, settings: &[(&str, Attempt)]) {
    let mut line = json!({
        "client": client, "version": version_of(client), "does": does, "result": "fails", "setting": "", "why": "",
    });
    let first = [("", as_it_comes)];
    for (setting, attempt) in first.iter().chain(settings) {
        match attempt() {
            Ok(()) => {
                line["result"] = json!(if setting.is_empty() { "works" } else { "setting" });
                line["setting"] = json!(setting);
                break;
            }
            Err(error) => line["why"] = json!(explain(&*error)),
        }
    }
    println!("{line}");
}

/// One line without what changes from run to run.
fn explain(error: &dyn Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    let port = setting_of("URL").rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
    texts.join(": ").replace(&port, "").split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

/// The exact version that Cargo.toml names.
fn version_of(client: &str) -> String {
    let manifest = include_str!("../Cargo.toml");
    let line = manifest.lines().find(|line| line.starts_with(&format!("{client} = "))).unwrap_or_default();
    line.split('"').find_map(|part| part.strip_prefix('=')).unwrap_or_default().to_owned()
}
