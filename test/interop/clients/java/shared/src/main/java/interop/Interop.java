package interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What the programs share: where grantd is, tokens by hand, and how a claim is printed. */
public final class Interop {
  public static final String CLIENT_ID = System.getenv("INTEROP_CLIENT_ID");
  public static final String CLIENT_SECRET = System.getenv("INTEROP_CLIENT_SECRET");
  public static final String KEYED_ID = System.getenv("INTEROP_KEYED_ID");
  public static final String KEY_JWK = System.getenv("INTEROP_KEY_JWK");
  public static final String API_ID = System.getenv("INTEROP_API_ID");
  public static final String API_SECRET = System.getenv("INTEROP_API_SECRET");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private Interop() {}

  public interface Attempt {
    void run() throws Exception;
  }

  /** Answers the client of a token; throws when it is refused. */
  public interface Verifier {
    String verify(String token) throws Exception;
  }

  public record Setting(String what, Attempt attempt) {}

  /** The issuer of a tenant: rs256, es256, eddsa, atjwt. */
  public static String issuerOf(String tenant) {
    return System.getenv("INTEROP_URL") + "/api/v1/tenant/" + tenant;
  }

  /** A token by hand, for clients that verify one. */
  public static String getToken(String issuer) throws Exception {
    var form = Map.of(
        "grant_type", "client_credentials", "scope", "read", "client_id", CLIENT_ID, "client_secret", CLIENT_SECRET);
    return post(issuer + "/oauth/token", form).get("access_token").asText();
  }

  private static JsonNode post(String url, Map<String, String> form) throws IOException, InterruptedException {
    var body = form.entrySet().stream()
        .map(each -> each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
    var request = HttpRequest.newBuilder(URI.create(url))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
    var response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    check(response.statusCode() == 200, response.statusCode() + " " + response.body());
    return JSON.readTree(response.body());
  }

  public static void check(boolean holds, String message) {
    if (!holds) throw new IllegalStateException(message);
  }

  /** What a client got is a token of the client with the scope that it asked for. */
  public static void tryToken(String issuer, String token) throws Exception {
    tryToken(issuer, token, CLIENT_ID);
  }

  public static void tryToken(String issuer, String token, String client) throws Exception {
    var answer = post(issuer + "/oauth/introspect",
        Map.of("token", token, "client_id", API_ID, "client_secret", API_SECRET));
    check(answer.get("active").asBoolean(), "not active");
    check(answer.get("client_id").asText().equals(client), "of another client");
    check(answer.get("scope").asText().equals("read"), "with another scope");
  }

  /** A verifier takes a good token, answers its client, and refuses a changed one, one of another tenant, and nonsense. */
  public static void tryVerifier(String issuer, Verifier verifier) throws Exception {
    var token = getToken(issuer);
    var client = verifier.verify(token);
    check(CLIENT_ID.equals(client), "answers the client " + client);
    var parts = token.split("\\.");
    var changed = parts[0] + "." + parts[1] + "." + new StringBuilder(parts[2]).reverse();
    var other = getToken(issuer.endsWith("/rs256") ? issuerOf("atjwt") : issuerOf("rs256"));
    for (var bad : List.of(changed, other, "nonsense")) {
      try {
        verifier.verify(bad);
      } catch (Exception refused) {
        continue;
      }
      throw new IllegalStateException("takes a bad token");
    }
  }

  /** Prints what became of one thing: as it comes first; where that fails, each of the settings until one works. */
  public static void claim(String client, Class<?> of, String does, Attempt asItComes, Setting... settings)
      throws IOException {
    var line = new LinkedHashMap<String, String>();
    line.put("client", client);
    line.put("version", versionOf(of));
    line.put("does", does);
    line.put("result", "fails");
    line.put("setting", "");
    line.put("why", "");
    if (!tried(asItComes, line, "works", "")) {
      for (var setting : settings) {
        if (tried(setting.attempt(), line, "setting", setting.what())) break;
      }
    }
    System.out.println(JSON.writeValueAsString(line));
  }

  private static boolean tried(Attempt attempt, Map<String, String> line, String result, String setting) {
    try {
      attempt.run();
      line.put("result", result);
      line.put("setting", setting);
      return true;
    } catch (Throwable error) {
      line.put("why", explain(error));
      return false;
    }
  }

  /** One line without what changes from run to run. */
  private static String explain(Throwable error) {
    var cause = error;
    while (cause.getCause() != null) cause = cause.getCause();
    var text = cause.getClass().getSimpleName() + ": " + cause.getMessage();
    text = text.replaceAll("localhost:\\d+", "localhost").replaceAll("\\s+", " ");
    return text.substring(0, Math.min(text.length(), 200));
  }

  /** The version is in the name of the JAR that the class is from. */
  private static String versionOf(Class<?> type) {
    var jar = type.getProtectionDomain().getCodeSource().getLocation().getPath();
    return jar.replaceAll(".*?-(\\d[^/]*)\\.jar$", "$1");
  }
}
