#!/bin/sh
# The authenticator of Kubernetes and oauth2-proxy, which are in the Go module beside this.
set -eu
cd ../go
INTEROP_PROGRAMS="kubernetes proxy" exec sh run.sh
