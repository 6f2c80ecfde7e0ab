package interop;

import java.time.Duration;
import java.util.Map;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.userinfo.OAuth2UserRequest;
import org.springframework.security.oauth2.client.userinfo.DefaultOAuth2UserService;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Spring Security's oauth2Login in a web application of Spring Boot. */
@SpringBootApplication
@RestController
public class People {
  private static final String CLIENT = "grantd";
  private final ClientRegistrationRepository registrations;
  private final OAuth2AuthorizedClientRepository clients;

  public People(ClientRegistrationRepository registrations, OAuth2AuthorizedClientRepository clients) {
    this.registrations = registrations;
    this.clients = clients;
  }

  // snippet spring-login
  @Bean
  SecurityFilterChain rules(HttpSecurity http, ClientRegistrationRepository registrations) throws Exception {
    var signedOut = new OidcClientInitiatedLogoutSuccessHandler(registrations);
    signedOut.setPostLogoutRedirectUri("{baseUrl}/signed-out");
    // Without it, Spring leaves PKCE out where the client has a secret, and grantd asks for it from everybody.
    var withPkce = new DefaultOAuth2AuthorizationRequestResolver(registrations, "/oauth2/authorization");
    withPkce.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
    return http
        .authorizeHttpRequests(requests -> requests
            .requestMatchers("/signed-out", "/version").permitAll()
            .anyRequest().authenticated())
        .oauth2Login(login -> login
            .authorizationEndpoint(endpoint -> endpoint.authorizationRequestResolver(withPkce))
            .redirectionEndpoint(endpoint -> endpoint.baseUri("/callback")))
        .logout(logout -> logout.logoutSuccessHandler(signedOut))
        .build();
  }
  // end

  @GetMapping("/")
  Map<String, Object> whoIsThere(@AuthenticationPrincipal OidcUser person) {
    return person.getIdToken().getClaims();
  }

  @GetMapping("/refresh")
  String refresh(Authentication person, HttpServletRequest request, HttpServletResponse response) {
    var before = clients.loadAuthorizedClient(CLIENT, person, request);
    var manager = new DefaultOAuth2AuthorizedClientManager(registrations, clients);
    // As if an hour and more had passed.
    manager.setAuthorizedClientProvider(OAuth2AuthorizedClientProviderBuilder.builder()
        .refreshToken(refresh -> refresh.clockSkew(Duration.ofHours(2))).build());
    var after = manager.authorize(OAuth2AuthorizeRequest.withAuthorizedClient(before).principal(person)
        .attribute(HttpServletRequest.class.getName(), request)
        .attribute(HttpServletResponse.class.getName(), response).build());
    var isNew = !after.getAccessToken().getTokenValue().equals(before.getAccessToken().getTokenValue())
        && !after.getRefreshToken().getTokenValue().equals(before.getRefreshToken().getTokenValue());
    return isNew ? "refreshed" : "the same";
  }

  @GetMapping("/userinfo")
  Map<String, Object> userinfo(Authentication person, HttpServletRequest request) {
    var client = clients.<org.springframework.security.oauth2.client.OAuth2AuthorizedClient>loadAuthorizedClient(
        CLIENT, person, request);
    var asked = new OAuth2UserRequest(client.getClientRegistration(), client.getAccessToken());
    return new DefaultOAuth2UserService().loadUser(asked).getAttributes();
  }

  /** Spring signs out by POST; the browser of the test follows links. */
  @GetMapping("/sign-out")
  void signOut(HttpServletRequest request, HttpServletResponse response) throws Exception {
    var person = SecurityContextHolder.getContext().getAuthentication();
    var handler = new OidcClientInitiatedLogoutSuccessHandler(registrations);
    handler.setPostLogoutRedirectUri("{baseUrl}/signed-out");
    request.getSession().invalidate();
    handler.onLogoutSuccess(request, response, person);
  }

  @GetMapping("/signed-out")
  String signedOut() {
    return "signed out";
  }

  @GetMapping("/version")
  String version() {
    return SpringBootVersion.getVersion();
  }

  public static void main(String[] args) {
    var env = System.getenv();
    var registration = "spring.security.oauth2.client.registration." + CLIENT + ".";
    new SpringApplicationBuilder(People.class).properties(Map.of(
        "server.port", env.get("PORT"),
        "server.address", "127.0.0.1",
        "server.forward-headers-strategy", "none",
        registration + "client-id", env.get("CLIENT_ID"),
        registration + "client-secret", env.get("CLIENT_SECRET"),
        registration + "authorization-grant-type", "authorization_code",
        registration + "redirect-uri", env.get("REDIRECT_URI"),
        registration + "scope", "openid,profile,email",
        "spring.security.oauth2.client.provider." + CLIENT + ".issuer-uri", env.get("ISSUER")))
        .run(args);
  }
}
