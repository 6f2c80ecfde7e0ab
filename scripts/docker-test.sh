#!/bin/sh
# Builds the container image and uses it as a person would, on the Docker engine that answers or on one of its own.
#
# No image is pulled: the Dockerfile starts from the stand-ins of docker-images.sh, or from what BUILD_IMAGE and
# BASE_IMAGE name. An engine of its own runs in namespaces of its own: its mounts, bridge, firewall rules and
# processes end with it. DOCKERD_FLAGS are more flags for that engine.
set -eu
cd "$(dirname "$0")/.."
images=.tools/docker-test
base=http://127.0.0.1:3000
tenant=$base/api/v1/tenant/test-tenant
name=${DOCKER_TEST_NAME:-grantd-test-$$}

say() { echo "docker-test: $*"; }

fail() {
  say "$*" >&2
  exit 1
}

# --- an engine -------------------------------------------------------------------------------------------------------

. scripts/need.sh

has_engine() { command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; }

has_compose() { docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null 2>&1; }

# Runs this script again with the argument `own`, as the first process of namespaces of its own.
run_in_own_namespaces() {
  [ "$(id -u)" = 0 ] || fail "Cannot start a Docker engine: none answers, and starting one takes root"
  need docker.io dockerd
  need iproute2 ip
  has_compose || need docker-compose docker-compose
  folder=$(mktemp -d)
  trap end_own_namespaces EXIT
  trap 'exit 1' INT TERM HUP
  DOCKER_TEST_FOLDER=$folder DOCKER_TEST_NAME=$name \
    unshare --mount --net --pid --fork --kill-child --mount-proc sh "$0" own &
  child=$!
  status=0
  wait "$child" || status=$?
  exit "$status"
}

# When unshare is killed, the kernel kills all that runs in the namespaces; the mounts go with them.
end_own_namespaces() {
  if kill -KILL "$child" 2>/dev/null; then wait "$child" || true; fi
  remove_cgroups
  rm -rf "$folder"
}

find_cgroups() { find /sys/fs/cgroup -maxdepth 4 -depth -type d -path "*/$name*" "$@" 2>/dev/null || true; }

remove_cgroups() { # what was killed is gone only after a moment
  for _ in $(seq 50); do
    find_cgroups -exec rmdir {} \;
    [ -n "$(find_cgroups)" ] || return 0
    sleep 0.1
  done
}

mount_cgroups() { # where no init system has done it
  if grep -q ' - cgroup2\? ' /proc/self/mountinfo; then return; fi
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  awk '$4 == 1 { print $1 }' /proc/cgroups | while read -r controller; do
    mkdir "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
  done
}

start_own_engine() {
  folder=$DOCKER_TEST_FOLDER
  ip link set lo up
  mount_cgroups
  # The engine's helpers keep sockets in /run, whatever folder it is given.
  mount -t tmpfs tmpfs /run
  export DOCKER_HOST="unix://$folder/docker.sock"
  # shellcheck disable=SC2086 # flags are several words
  dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$name" ${DOCKERD_FLAGS:-} >"$folder/log" 2>&1 &
  engine=$!
  for _ in $(seq 150); do
    has_engine && return
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.2
  done
  fail "Cannot start a Docker engine: $(tail -n 1 "$folder/log")"
}

stop_own_engine() {
  kill "$engine" 2>/dev/null || return 0
  wait "$engine" || true
}

# --- the image -------------------------------------------------------------------------------------------------------

make_stand_ins() {
  [ -z "${BUILD_IMAGE:-}" ] || [ -z "${BASE_IMAGE:-}" ] || return 0
  command -v apt-get >/dev/null 2>&1 ||
    fail "Cannot make stand-ins for the images without Debian's apt-get: set BUILD_IMAGE and BASE_IMAGE"
  sh scripts/docker-images.sh "$images" || fail "Cannot make stand-ins for the images"
}

import_stand_ins() {
  [ -n "${BASE_IMAGE:-}" ] || docker import "$images/base.tar" "$name-base" >/dev/null
  [ -n "${BUILD_IMAGE:-}" ] ||
    docker import --change 'ENV BUN_INSTALL_CACHE_DIR=/bun-cache' "$images/build.tar" "$name-build" >/dev/null
}

build_image() {
  docker build --quiet --tag "$name" --build-arg "BUILD_IMAGE=${BUILD_IMAGE:-$name-build}" \
    --build-arg "BASE_IMAGE=${BASE_IMAGE:-$name-base}" --build-arg VERSION=1.2.3-test --build-arg COMMIT=abc123 . \
    >"$work/build.log" 2>&1 || {
    cat "$work/build.log" >&2
    fail "Cannot build the image"
  }
}

remove_all() {
  docker rm --force --volumes "$name" >/dev/null 2>&1 || true
  docker volume rm "$name" >/dev/null 2>&1 || true
  compose down --volumes >/dev/null 2>&1 || true
  docker image rm --force "$name" "$name-build" "$name-base" >/dev/null 2>&1 || true
  rm -rf "$work"
}

# --- the test --------------------------------------------------------------------------------------------------------

check() { # what, is, wanted
  [ "$2" = "$3" ] || fail "$1 is '$2', wanted '$3'"
  say "ok: $1: $3"
}

inspect() { docker inspect --format "$1" "$name"; }

label() { inspect "{{index .Config.Labels \"org.opencontainers.image.$1\"}}"; }

test_image() {
  check "user" "$(inspect '{{.Config.User}}')" 65532:65532
  check "health check" "$(inspect '{{json .Config.Healthcheck.Test}}')" '["CMD","/usr/local/bin/grantd","healthcheck"]'
  check "stop signal" "$(inspect '{{.Config.StopSignal}}')" SIGTERM
  check "port" "$(inspect '{{json .Config.ExposedPorts}}')" '{"3000/tcp":{}}'
  check "volume" "$(inspect '{{json .Config.Volumes}}')" '{"/data":{}}'
  check "label title" "$(label title)" grantd
  check "label licenses" "$(label licenses)" Apache-2.0
  check "label version" "$(label version)" 1.2.3-test
  check "label revision" "$(label revision)" abc123
  check "--version" "$(docker run --rm "$name" --version)" \
    "$(sed -n 's/.*"version": "\(.*\)".*/grantd \1 (abc123)/p' package.json)"
  if docker run --rm --entrypoint /bin/sh "$name" -c true >/dev/null 2>&1; then fail "There is a shell in the image"; fi
  say "ok: no shell"
}

run() { # more arguments of docker run
  docker run --detach --name "$name" --publish 127.0.0.1:3000:3000 --read-only --cap-drop ALL \
    --security-opt no-new-privileges:true --health-interval 1s "$@" "$name" >/dev/null
  wait_until_ready
}

wait_until_ready() {
  for _ in $(seq 100); do
    if curl -sf "$base/health/ready" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  docker logs "$name" >&2
  fail "The container does not answer at $base"
}

wait_until_healthy() {
  for _ in $(seq 100); do
    if [ "$(inspect '{{.State.Health.Status}}')" = healthy ]; then break; fi
    sleep 0.1
  done
  check "health, as the image's HEALTHCHECK finds it" "$(inspect '{{.State.Health.Status}}')" healthy
}

stop() {
  before=$(date +%s)
  docker stop --time 20 "$name" >/dev/null
  [ $(($(date +%s) - before)) -le 10 ] || fail "The container took more than 10 s to stop"
  check "exit code after docker stop, within 10 s" "$(inspect '{{.State.ExitCode}}')" 0
  docker rm --volumes "$name" >/dev/null
}

get_token() { # client, secret
  curl -sf -u "$1:$2" -d grant_type=client_credentials "$tenant/oauth/token" |
    sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}

status_of() { # token
  curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $1" "$base/api/v1/protected-resource"
}

public_keys() { curl -sf "$tenant/.well-known/jwks.json"; }

test_demo() {
  say "the demo: docker run -p 3000:3000 grantd"
  run
  token=$(get_token demo-client "$(docker logs "$name" 2>&1 | sed -n 's/.*The secret, shown this once: //p')")
  check "answer of the protected resource to the demo's token" "$(status_of "$token")" 200
  check "answer of the example app" "$(curl -s -o /dev/null -w '%{http_code}' "$tenant/try")" 200
  check "answer of the sign-in page" "$(curl -s -o /dev/null -w '%{http_code}' "$tenant/login")" 200
  check "answer to that token with its end changed" "$(status_of "${token%?????}AAAAA")" 401
  wait_until_healthy
  stop
}

write_config() { # secret
  cat >"$work/config.yaml" <<YAML
tenants:
  test-tenant:
    name: Test Tenant
    oauth2:
      scopes: { api:read: Read access }
    clients:
      service: { secret_hash: "sha256:$(printf %s "$1" | sha256sum | cut -d' ' -f1)", scopes: [api:read] }
YAML
}

test_restart() {
  say "the real thing: docker run -v config.yaml:/etc/grantd/config.yaml:ro -v grantd-data:/data"
  secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  write_config "$secret"
  set -- --volume "$work/config.yaml:/etc/grantd/config.yaml:ro" --volume "$name:/data"
  run "$@"
  wait_until_healthy
  token=$(get_token service "$secret")
  keys=$(public_keys)
  check "answer to a token" "$(status_of "$token")" 200
  stop
  run "$@"
  [ "$(public_keys)" = "$keys" ] || fail "The public keys are others after a restart on the same volume"
  say "ok: the same public keys after a restart on the same volume"
  check "answer to the token from before the restart" "$(status_of "$token")" 200
  stop
}

compose() {
  if docker compose version >/dev/null 2>&1; then set -- docker compose -p "$name" "$@"; else set -- docker-compose -p "$name" "$@"; fi
  GRANTD_IMAGE=$name "$@"
}

test_compose() {
  has_compose || {
    say "skipped: compose.yaml, for there is no docker compose here"
    return
  }
  compose up --detach --no-build >"$work/compose.log" 2>&1 || fail "Cannot start compose.yaml: $(tail -n 1 "$work/compose.log")"
  wait_until_ready
  check "answer to a token of compose.yaml's server" "$(status_of "$(get_token your-client-id your-client-secret)")" 200
  compose down --volumes >/dev/null 2>&1
}

megabytes() { echo "$(($(docker image inspect --format '{{.Size}}' "$1") / 1000000)) MB"; }

main() {
  work=$(mktemp -d "${DOCKER_TEST_FOLDER:-${TMPDIR:-/tmp}}/grantd-XXXXXX")
  chmod 755 "$work" # the container's user reads the configuration in it
  trap 'remove_all; [ -z "${engine:-}" ] || stop_own_engine' EXIT
  trap 'exit 1' INT TERM HUP
  say "engine $(docker version --format '{{.Server.Version}}'), storage driver $(docker info --format '{{.Driver}}')"
  import_stand_ins
  build_image
  test_image
  test_demo
  test_restart
  test_compose
  say "the image has $(megabytes "$name"), $(megabytes "${BASE_IMAGE:-$name-base}") of it from its base"
  say "passed"
}

if [ "${1:-}" = own ]; then
  start_own_engine
else
  need curl curl
  make_stand_ins
  has_engine || run_in_own_namespaces
fi
main
