//! Verifiers and clients of crates.io.

mod interop;

use interop::{check, claim, http, issuer_of, secure_issuer_of, setting_of, try_token, try_verifier, Outcome};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{decode, decode_header, Algorithm, DecodingKey, Validation};
use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, ClientId, ClientSecret, IntrospectionUrl, RevocationUrl, Scope, StandardRevocableToken,
    TokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use openidconnect::core::{CoreClient, CoreProviderMetadata};
use openidconnect::IssuerUrl;
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    client_id: String,
}

fn try_jsonwebtoken(tenant: &str, algorithm: Algorithm) -> Outcome {
    let issuer = issuer_of(tenant);
    // snippet jsonwebtoken
    let keys: JwkSet = reqwest::blocking::get(format!("{issuer}/.well-known/jwks.json"))?.json()?;
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[&issuer]);
    validation.set_audience(&["my-api"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    let verify = |token: &str| -> Outcome<Claims> {
        let kid = decode_header(token)?.kid.ok_or("no kid")?;
        let key = DecodingKey::from_jwk(keys.find(&kid).ok_or("unknown kid")?)?;
        Ok(decode::<Claims>(token, &key, &validation)?.claims)
    };
    // end
    try_verifier(tenant, |token| Ok(verify(token)?.client_id))
}

fn get_by_oauth2(auth_type: AuthType) -> Outcome {
    let issuer = issuer_of("rs256");
    let client = BasicClient::new(ClientId::new(setting_of("CLIENT_ID")))
        .set_client_secret(ClientSecret::new(setting_of("CLIENT_SECRET")))
        .set_token_uri(TokenUrl::new(format!("{issuer}/oauth/token"))?)
        .set_auth_type(auth_type);
    let answer = client.exchange_client_credentials().add_scope(Scope::new("read".into())).request(&http()?)?;
    try_token(&issuer, answer.access_token().secret())
}

/// Introspects and revokes a token.
fn end_by_oauth2(issuer: &str) -> Outcome {
    let client = BasicClient::new(ClientId::new(setting_of("CLIENT_ID")))
        .set_client_secret(ClientSecret::new(setting_of("CLIENT_SECRET")))
        .set_token_uri(TokenUrl::new(format!("{issuer}/oauth/token"))?)
        .set_introspection_url(IntrospectionUrl::new(format!("{issuer}/oauth/introspect"))?)
        .set_revocation_url(RevocationUrl::new(format!("{issuer}/oauth/revoke"))?);
    let http = http()?;
    let token = client.exchange_client_credentials().request(&http)?.access_token().clone();
    check(client.introspect(&token).request(&http)?.active(), "is not active")?;
    client.revoke_token(StandardRevocableToken::AccessToken(token.clone()))?.request(&http)?;
    check(!client.introspect(&token).request(&http)?.active(), "is active after its revocation")
}

fn get_by_openidconnect(tenant: &str) -> Outcome {
    let issuer = issuer_of(tenant);
    let http = http()?;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.clone())?, &http)?;
    check(!metadata.jwks().keys().is_empty(), "found no keys")?;
    let secret = ClientSecret::new(setting_of("CLIENT_SECRET"));
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(setting_of("CLIENT_ID")), Some(secret));
    let answer = client.exchange_client_credentials()?.add_scope(Scope::new("read".into())).request(&http)?;
    try_token(&issuer, answer.access_token().secret())
}

fn main() {
    claim("jsonwebtoken", "verifies RS256", &|| try_jsonwebtoken("rs256", Algorithm::RS256), &[]);
    claim("jsonwebtoken", "verifies ES256", &|| try_jsonwebtoken("es256", Algorithm::ES256), &[]);
    claim("jsonwebtoken", "verifies EdDSA", &|| try_jsonwebtoken("eddsa", Algorithm::EdDSA), &[]);
    claim("oauth2", "gets a token, secret in the header", &|| get_by_oauth2(AuthType::BasicAuth), &[]);
    claim("oauth2", "gets a token, secret in the form", &|| get_by_oauth2(AuthType::RequestBody), &[]);
    let over_https = || end_by_oauth2(&secure_issuer_of("rs256"));
    claim("oauth2", "introspects and revokes", &|| end_by_oauth2(&issuer_of("rs256")), &[("https", &over_https)]);
    claim("openidconnect", "discovers and gets a token, RS256", &|| get_by_openidconnect("rs256"), &[]);
    claim("openidconnect", "discovers and gets a token, ES256", &|| get_by_openidconnect("es256"), &[]);
    claim("openidconnect", "discovers and gets a token, EdDSA", &|| get_by_openidconnect("eddsa"), &[]);
}
