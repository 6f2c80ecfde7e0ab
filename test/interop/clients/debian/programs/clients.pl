# Clients of Perl.
use strict;
use warnings;

use JSON::PP;
use LWP::UserAgent;
use Net::OAuth2::Profile::Password;

my $issuer = "$ENV{INTEROP_URL}/api/v1/tenant/rs256";

# What a client got is a token of the client with the scope that it asked for.
sub try_token {
    my ($token) = @_;
    my $form = { token => $token, client_id => $ENV{INTEROP_API_ID}, client_secret => $ENV{INTEROP_API_SECRET} };
    my $answer = LWP::UserAgent->new->post("$issuer/oauth/introspect", $form);
    die $answer->status_line unless $answer->is_success;
    my $said = decode_json($answer->content);
    die 'not the token of the client' unless $said->{active} && $said->{client_id} eq $ENV{INTEROP_CLIENT_ID} && $said->{scope} eq 'read';
}

sub get_token {
    my ($scheme) = @_;
    my $client = Net::OAuth2::Profile::Password->new(
        client_id => $ENV{INTEROP_CLIENT_ID}, client_secret => $ENV{INTEROP_CLIENT_SECRET},
        grant_type => 'client_credentials', secrets_in_params => $scheme eq 'form',
        access_token_url => "$issuer/oauth/token", scope => 'read',
    );
    try_token($client->get_access_token(scope => 'read')->access_token);
}

for my $scheme ('header', 'form') {
    my $line = {
        client => 'Perl Net::OAuth2', version => $Net::OAuth2::Profile::Password::VERSION,
        does => "gets a token, secret in the $scheme", setting => '', why => '',
    };
    if (eval { get_token($scheme); 1 }) { $line->{result} = 'works' }
    else {
        ($line->{why} = $@) =~ s/\s+/ /g;
        $line->{why} =~ s/localhost:\d+/localhost/g;
        $line->{result} = 'fails';
    }
    print encode_json($line), "\n";
}
