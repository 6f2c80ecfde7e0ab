package interop;

import static interop.Interop.API_ID;
import static interop.Interop.API_SECRET;
import static interop.Interop.CLIENT_ID;
import static interop.Interop.CLIENT_SECRET;
import static interop.Interop.KEYED_ID;
import static interop.Interop.KEY_JWK;
import static interop.Interop.check;
import static interop.Interop.claim;
import static interop.Interop.getToken;
import static interop.Interop.issuerOf;
import static interop.Interop.tryToken;
import static interop.Interop.tryVerifier;

import com.nimbusds.jose.jwk.JWK;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.InMemoryOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.endpoint.NimbusJwtClientAuthenticationParametersConverter;
import org.springframework.security.oauth2.client.endpoint.OAuth2ClientCredentialsGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoders;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.introspection.SpringOpaqueTokenIntrospector;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Spring Security, in a resource server of Spring Boot and by its classes. */
public final class Main {
  /** The whole of a resource server: the rest is `spring.security.oauth2.resourceserver.jwt.*`. */
  @SpringBootApplication
  @RestController
  static class Api {
    // snippet spring-boot
    @Bean
    SecurityFilterChain rules(HttpSecurity http) throws Exception {
      return http
          .authorizeHttpRequests(requests -> requests.anyRequest().hasAuthority("SCOPE_read"))
          .oauth2ResourceServer(server -> server.jwt(jwt -> {}))
          .build();
    }
    // end

    @GetMapping("/")
    String whoIsThere(Authentication caller) {
      return caller.getName();
    }
  }

  public static void main(String[] args) throws Exception {
    var boot = "spring-boot-starter-oauth2-resource-server";
    claim(boot, SpringBootVersion.class, "discovers by `issuer-uri` and verifies RS256", () -> tryBoot("rs256"));
    claim(boot, SpringBootVersion.class, "discovers by `issuer-uri` and verifies ES256", () -> tryBoot("es256"),
        new Interop.Setting("`jws-algorithms: ES256`", () -> tryBoot("es256", "jws-algorithms=ES256")));
    var decoder = "spring-security-oauth2-jose";
    claim(decoder, JwtDecoder.class, "verifies RS256 by `fromIssuerLocation`",
        () -> tryDecoder("rs256", JwtDecoders.fromIssuerLocation(issuerOf("rs256"))));
    claim(decoder, JwtDecoder.class, "verifies RS256 by `fromOidcIssuerLocation`",
        () -> tryDecoder("rs256", JwtDecoders.fromOidcIssuerLocation(issuerOf("rs256"))));
    claim(decoder, JwtDecoder.class, "verifies ES256 by `fromIssuerLocation`",
        () -> tryDecoder("es256", JwtDecoders.fromIssuerLocation(issuerOf("es256"))));
    claim(decoder, JwtDecoder.class, "verifies at+jwt",
        () -> tryDecoder("atjwt", JwtDecoders.fromIssuerLocation(issuerOf("atjwt"))),
        new Interop.Setting("`validateType(false)` and `createAtJwtValidator()`", Main::tryAtJwt));
    claim(decoder, JwtDecoder.class, "verifies EdDSA by `fromIssuerLocation`",
        () -> tryDecoder("eddsa", JwtDecoders.fromIssuerLocation(issuerOf("eddsa"))));
    claim("spring-security-oauth2-resource-server", SpringOpaqueTokenIntrospector.class, "introspects", Main::tryOpaque);
    var client = "spring-security-oauth2-client";
    claim(client, ClientRegistration.class, "gets a token with private_key_jwt", Main::tryKeyedClient);
    claim(client, ClientRegistration.class, "discovers by `fromIssuerLocation` and gets a token",
        () -> tryClient(ClientRegistrations.fromIssuerLocation(issuerOf("rs256"))));
    claim(client, ClientRegistration.class, "discovers by `fromOidcIssuerLocation` and gets a token",
        () -> tryClient(ClientRegistrations.fromOidcIssuerLocation(issuerOf("rs256"))));
  }

  private static void tryBoot(String tenant, String... settings) throws Exception {
    var issuer = issuerOf(tenant);
    var prefix = "spring.security.oauth2.resourceserver.jwt.";
    var application = new SpringApplicationBuilder(Api.class)
        .properties("server.port=0", "spring.main.banner-mode=off", "logging.level.root=off",
            prefix + "issuer-uri=" + issuer, prefix + "audiences=my-api");
    for (var setting : settings) application.properties(prefix + setting);
    try (var context = (ServletWebServerApplicationContext) application.run()) {
      var url = URI.create("http://localhost:" + context.getWebServer().getPort() + "/");
      tryVerifier(issuer, token -> call(url, token));
    }
  }

  private static String call(URI url, String token) throws Exception {
    var request = HttpRequest.newBuilder(url).header("Authorization", "Bearer " + token).build();
    var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    check(response.statusCode() == 200, response.statusCode() + " "
        + response.headers().firstValue("WWW-Authenticate").orElse(""));
    return response.body();
  }

  private static void tryDecoder(String tenant, JwtDecoder decoder) throws Exception {
    tryVerifier(issuerOf(tenant), token -> decoder.decode(token).getClaimAsString("client_id"));
  }

  private static void tryAtJwt() throws Exception {
    var issuer = issuerOf("atjwt");
    // snippet spring-at-jwt
    var decoder = NimbusJwtDecoder.withIssuerLocation(issuer).validateType(false).build();
    decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
        .issuer(issuer).audience("my-api").clientId(CLIENT_ID).build());
    // end
    tryDecoder("atjwt", decoder);
  }

  private static void tryOpaque() throws Exception {
    var issuer = issuerOf("rs256");
    var introspector = SpringOpaqueTokenIntrospector.withIntrospectionUri(issuer + "/oauth/introspect")
        .clientId(API_ID).clientSecret(API_SECRET).build();
    tryVerifier(issuer, token -> introspector.introspect(token).getAttribute("client_id"));
    var authorities = introspector.introspect(getToken(issuer)).getAuthorities();
    check(authorities.toString().equals("[SCOPE_read]"), "has the authorities " + authorities);
  }

  private static void tryKeyedClient() throws Exception {
    var issuer = issuerOf("rs256");
    var clientId = KEYED_ID;
    var jwkPath = Path.of(KEY_JWK);
    // snippet spring-private-key-jwt
    var key = JWK.parse(Files.readString(jwkPath)); // of grantd client keygen
    var converter = new NimbusJwtClientAuthenticationParametersConverter<OAuth2ClientCredentialsGrantRequest>(
        registration -> key);
    var tokens = new RestClientClientCredentialsTokenResponseClient();
    tokens.addParametersConverter(converter);
    var registration = ClientRegistrations.fromIssuerLocation(issuer).registrationId("grantd").clientId(clientId)
        .clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT)
        .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS).scope("read").build();
    var answer = tokens.getTokenResponse(new OAuth2ClientCredentialsGrantRequest(registration));
    // end
    tryToken(issuer, answer.getAccessToken().getTokenValue(), KEYED_ID);
  }

  private static void tryClient(ClientRegistration.Builder found) throws Exception {
    var registration = found.registrationId("grantd").clientId(CLIENT_ID).clientSecret(CLIENT_SECRET)
        .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS).scope("read").build();
    var registrations = new InMemoryClientRegistrationRepository(registration);
    var manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(
        registrations, new InMemoryOAuth2AuthorizedClientService(registrations));
    manager.setAuthorizedClientProvider(OAuth2AuthorizedClientProviderBuilder.builder().clientCredentials().build());
    var asked = OAuth2AuthorizeRequest.withClientRegistrationId("grantd").principal("interop").build();
    tryToken(issuerOf("rs256"), manager.authorize(asked).getAccessToken().getTokenValue());
  }
}
