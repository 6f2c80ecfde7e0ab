# Clients and verifiers of Ruby.
require 'json'
require 'jwt'
require 'net/http'
require 'oauth2'

CLIENT_ID = ENV.fetch('INTEROP_CLIENT_ID')
CLIENT_SECRET = ENV.fetch('INTEROP_CLIENT_SECRET')

# The issuer of a tenant: rs256, es256, eddsa, atjwt.
def issuer_of(tenant) = "#{ENV.fetch('INTEROP_URL')}/api/v1/tenant/#{tenant}"

def post(url, form)
  answer = Net::HTTP.post_form(URI(url), form)
  raise "#{answer.code} #{answer.body}" unless answer.code == '200'

  JSON.parse(answer.body)
end

# A token by hand, for clients that verify one.
def get_token(issuer)
  form = { grant_type: 'client_credentials', scope: 'read', client_id: CLIENT_ID, client_secret: CLIENT_SECRET }
  post("#{issuer}/oauth/token", form)['access_token']
end

# What a client got is a token of the client with the scope that it asked for.
def try_token(issuer, token)
  form = { token: token, client_id: ENV.fetch('INTEROP_API_ID'), client_secret: ENV.fetch('INTEROP_API_SECRET') }
  answer = post("#{issuer}/oauth/introspect", form)
  raise "is #{answer}" unless answer.values_at('active', 'client_id', 'scope') == [true, CLIENT_ID, 'read']
end

# A verifier takes a good token, answers its claims, and refuses a changed one, one of another tenant, and nonsense.
def try_verifier(tenant)
  token = get_token(issuer_of(tenant))
  raise 'answers another client' unless yield(token)['client_id'] == CLIENT_ID

  head, body, signature = token.split('.')
  other = get_token(issuer_of(tenant == 'rs256' ? 'atjwt' : 'rs256'))
  [[head, body, signature.reverse].join('.'), other, 'nonsense'].each do |bad|
    begin
      yield(bad)
    rescue StandardError
      next
    end
    raise 'takes a bad token'
  end
end

# Prints what became of one thing that a client does.
def claim(gem, does)
  version = Gem::Specification.find_by_name(gem).version.to_s
  line = { client: "Ruby #{gem}", version: version, does: does, setting: '', why: '' }
  yield
  puts JSON.generate(line.merge(result: 'works'))
rescue StandardError => e
  why = "#{e.class}: #{e.message}".gsub(/localhost:\d+/, 'localhost').gsub(/\s+/, ' ')[0, 200]
  puts JSON.generate(line.merge(result: 'fails', why: why))
end

def get_by_oauth2(scheme)
  issuer = issuer_of('rs256')
  client = OAuth2::Client.new(CLIENT_ID, CLIENT_SECRET, token_url: "#{issuer}/oauth/token", auth_scheme: scheme)
  token = client.client_credentials.get_token(scope: 'read')
  try_token(issuer, token.token)
end

def verify_by_jwt(tenant, algorithm)
  issuer = issuer_of(tenant)
  # snippet ruby-jwt
  jwks = ->(_) { JSON.parse(Net::HTTP.get(URI("#{issuer}/.well-known/jwks.json")), symbolize_names: true) }
  checks = { iss: issuer, verify_iss: true, aud: 'my-api', verify_aud: true, required_claims: ['exp'] }
  verify = ->(token) { JWT.decode(token, nil, true, { algorithms: [algorithm], jwks: jwks, **checks }).first }
  # end
  try_verifier(tenant) { |token| verify.call(token) }
end

claim('oauth2', 'gets a token, secret in the header') { get_by_oauth2(:basic_auth) }
claim('oauth2', 'gets a token, secret in the form') { get_by_oauth2(:request_body) }
claim('jwt', 'verifies RS256') { verify_by_jwt('rs256', 'RS256') }
claim('jwt', 'verifies ES256') { verify_by_jwt('es256', 'ES256') }
