package interop;

import static interop.Interop.API_ID;
import static interop.Interop.API_SECRET;
import static interop.Interop.CLIENT_ID;
import static interop.Interop.CLIENT_SECRET;
import static interop.Interop.check;
import static interop.Interop.claim;
import static interop.Interop.issuerOf;
import static interop.Interop.tryToken;
import static interop.Interop.tryVerifier;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenIntrospectionRequest;
import com.nimbusds.oauth2.sdk.TokenIntrospectionResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import io.vertx.core.Vertx;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.oauth2.OAuth2Auth;
import io.vertx.ext.auth.oauth2.OAuth2FlowType;
import io.vertx.ext.auth.oauth2.OAuth2Options;
import io.vertx.ext.auth.oauth2.Oauth2Credentials;
import io.vertx.ext.auth.oauth2.providers.OpenIDConnectAuth;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Verifiers and clients that are libraries of Java. */
public final class Main {
  public static void main(String[] args) throws Exception {
    var nimbus = "nimbus-jose-jwt";
    claim(nimbus, SignedJWT.class, "verifies RS256", () -> tryNimbus("rs256", JWSAlgorithm.RS256, JOSEObjectType.JWT));
    claim(nimbus, SignedJWT.class, "verifies ES256", () -> tryNimbus("es256", JWSAlgorithm.ES256, JOSEObjectType.JWT));
    claim(nimbus, SignedJWT.class, "verifies at+jwt",
        () -> tryNimbus("atjwt", JWSAlgorithm.RS256, new JOSEObjectType("at+jwt")));
    claim(nimbus, SignedJWT.class, "verifies EdDSA",
        () -> tryNimbus("eddsa", JWSAlgorithm.EdDSA, JOSEObjectType.JWT),
        new Interop.Setting("`Ed25519Verifier` by hand, with tink", Main::tryEd25519));
    var sdk = "oauth2-oidc-sdk";
    claim(sdk, TokenRequest.class, "discovers by AuthorizationServerMetadata, gets and introspects a token", () -> {
      var issuer = issuerOf("rs256");
      var metadata = AuthorizationServerMetadata.resolve(new Issuer(issuer));
      getBySdk(issuer, metadata.getTokenEndpointURI(), metadata.getIntrospectionEndpointURI());
    });
    claim(sdk, TokenRequest.class, "discovers by OIDCProviderMetadata, gets and introspects a token", () -> {
      var issuer = issuerOf("rs256");
      var metadata = OIDCProviderMetadata.resolve(new Issuer(issuer));
      getBySdk(issuer, metadata.getTokenEndpointURI(), metadata.getIntrospectionEndpointURI());
    });
    var vertx = Vertx.vertx();
    var name = "vertx-auth-oauth2";
    claim(name, OAuth2Auth.class, "discovers, gets and verifies a token, RS256",
        () -> tryVertx(vertx, "rs256", OAuth2FlowType.AUTH_CODE),
        new Interop.Setting("`setFlow(OAuth2FlowType.CLIENT)`", () -> tryVertx(vertx, "rs256", OAuth2FlowType.CLIENT)));
    claim(name, OAuth2Auth.class, "discovers, gets and verifies a token, ES256",
        () -> tryVertx(vertx, "es256", OAuth2FlowType.AUTH_CODE),
        new Interop.Setting("`setFlow(OAuth2FlowType.CLIENT)`", () -> tryVertx(vertx, "es256", OAuth2FlowType.CLIENT)));
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static void tryNimbus(String tenant, JWSAlgorithm algorithm, JOSEObjectType type) throws Exception {
    var issuer = issuerOf(tenant);
    // snippet nimbus-jose-jwt
    var keys = JWKSourceBuilder.create(URI.create(issuer + "/.well-known/jwks.json").toURL()).build();
    var processor = new DefaultJWTProcessor<SecurityContext>();
    processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(type));
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithm, keys));
    processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(
        "my-api", new JWTClaimsSet.Builder().issuer(issuer).build(), Set.of("exp", "client_id")));
    // end
    tryVerifier(issuer, token -> processor.process(token, null).getStringClaim("client_id"));
  }

  private static void tryEd25519() throws Exception {
    var issuer = issuerOf("eddsa");
    var key = JWKSet.load(URI.create(issuer + "/.well-known/jwks.json").toURL()).getKeys().get(0).toOctetKeyPair();
    var verifier = new Ed25519Verifier(key);
    tryVerifier(issuer, token -> {
      var jwt = SignedJWT.parse(token);
      check(jwt.verify(verifier), "another signature");
      return jwt.getJWTClaimsSet().getStringClaim("client_id");
    });
  }

  private static void getBySdk(String issuer, URI tokenEndpoint, URI introspectionEndpoint) throws Exception {
    var client = new ClientSecretBasic(new ClientID(CLIENT_ID), new Secret(CLIENT_SECRET));
    var request = new TokenRequest.Builder(tokenEndpoint, client, new ClientCredentialsGrant())
        .scope(new Scope("read")).build();
    var answer = TokenResponse.parse(request.toHTTPRequest().send());
    check(answer.indicatesSuccess(), "refused");
    var token = answer.toSuccessResponse().getTokens().getAccessToken().getValue();
    tryToken(issuer, token);
    var api = new ClientSecretBasic(new ClientID(API_ID), new Secret(API_SECRET));
    var asked = new TokenIntrospectionRequest(introspectionEndpoint, api, new BearerAccessToken(token));
    var introspected = TokenIntrospectionResponse.parse(asked.toHTTPRequest().send());
    check(introspected.toSuccessResponse().isActive(), "not active");
  }

  /** `flow` is that of the options, whose default is AUTH_CODE. */
  private static void tryVertx(Vertx vertx, String tenant, OAuth2FlowType flow) throws Exception {
    var issuer = issuerOf(tenant);
    var options = new OAuth2Options().setSite(issuer).setClientId(CLIENT_ID).setClientSecret(CLIENT_SECRET).setFlow(flow);
    options.getJWTOptions().setIssuer(issuer).addAudience("my-api");
    var auth = OpenIDConnectAuth.discover(vertx, options).toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    var credentials = new Oauth2Credentials().setFlow(OAuth2FlowType.CLIENT).addScope("read");
    var user = auth.authenticate(credentials).toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    tryToken(issuer, user.principal().getString("access_token"));
    tryVerifier(issuer, token -> {
      var verified = auth.authenticate(new TokenCredentials(token)).toCompletionStage().toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
      // It takes a token that it cannot verify as one to introspect, and says so.
      check(verified.attributes().containsKey("accessToken"), "not verified");
      return verified.attributes().getJsonObject("accessToken").getString("client_id");
    });
  }
}
