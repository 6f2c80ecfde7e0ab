#!/bin/sh
# Checks the chart and the manifests: helm's linter, the schemas of Kubernetes, and grantd's own check of the config.yaml in them.
# WRITE=1 writes deploy/kubernetes/grantd.yaml from the chart. --short: the manifests alone, without helm, which takes minutes to build.
set -eu
cd "$(dirname "$0")/.."
short=
[ "${1:-}" != --short ] || short=yes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "test-kubernetes: $*" >&2
  exit 1
}

passed=0
pass() {
  echo "ok: $*"
  passed=$((passed + 1))
}

# The schemas of each version of Kubernetes are in this package.
validate=.tools/kubernetes/bin/kubernetes-validate
if [ ! -x "$validate" ]; then
  python3 -c 'import ensurepip' 2>/dev/null || fail "Cannot make a venv; install Debian's package python3-venv"
  python3 -m venv .tools/kubernetes
  .tools/kubernetes/bin/pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
fi

check_schema() { # file
  for version in 1.29.0 1.33.0 1.37.0; do
    "$validate" --strict --no-warn --quiet --kubernetes-version "$version" "$1" || fail "$1 is none for Kubernetes $version"
  done
  pass "$1 fits the schemas"
}

# config.yaml as it is in the ConfigMap, with secrets beside it. The check asks the database, and there is no Postgres here.
check_config() { # file
  folder=$work/config
  rm -rf "$folder" && mkdir -p "$folder/secrets"
  .tools/kubernetes/bin/python - "$1" "$folder" <<'PYTHON'
import sys, yaml
(text,) = [each["data"]["config.yaml"] for each in yaml.safe_load_all(open(sys.argv[1])) if each and each["kind"] == "ConfigMap"]
open(f"{sys.argv[2]}/config.yaml", "w").write(text.replace("/etc/grantd-secrets", f"{sys.argv[2]}/secrets").replace("postgres://grantd@postgres/grantd", "sqlite"))
PYTHON
  (umask 077 && openssl rand -base64 32 >"$folder/secrets/master-key" && echo password >"$folder/secrets/db-password")
  dist/grantd check "$folder/config.yaml" >"$work/out" 2>&1 || fail "$1: $(cat "$work/out")"
  ! grep -q '^warning' "$work/out" || fail "$1: $(cat "$work/out")"
  pass "$1 has a config.yaml that grantd takes"
}

if [ -z "$short" ]; then
  helm=$(command -v helm || echo .tools/bin/helm)
  if [ ! -x "$helm" ]; then
    command -v go >/dev/null 2>&1 || fail "Cannot find helm, nor Go to build it"
    echo "building helm" >&2
    GOBIN=$PWD/.tools/bin go install helm.sh/helm/v3/cmd/helm@v3.16.4
  fi
  chart=deploy/helm/grantd
  "$helm" lint --strict --quiet --kube-version 1.33.0 "$chart" || fail "helm lint"
  pass "helm lint"
  render() { "$helm" template grantd "$chart" --namespace grantd --kube-version 1.33.0 "$@"; }
  { echo "# Made from the chart in deploy/helm by scripts/test-kubernetes.sh: change the chart." && render; } >"$work/plain.yaml"
  [ -z "${WRITE:-}" ] || cp "$work/plain.yaml" deploy/kubernetes/grantd.yaml
  diff deploy/kubernetes/grantd.yaml "$work/plain.yaml" || fail "deploy/kubernetes/grantd.yaml is not what the chart makes; WRITE=1"
  pass "the manifests are those of the chart"
  render -f deploy/helm/sqlite-values.yaml >"$work/sqlite.yaml"
  check_schema "$work/sqlite.yaml"
  check_config "$work/sqlite.yaml"
  render --set autoscaling.enabled=false --set networkPolicy.enabled=false --set podAnnotations.a=b \
    --set nodeSelector.disk=fast --set persistence.storageClass=fast >"$work/bare.yaml"
  check_schema "$work/bare.yaml"
  if render --set persistence.enabled=true >"$work/out" 2>&1; then fail "three replicas share a volume"; fi
  grep -q 'replicas must be 1' "$work/out" || fail "$(cat "$work/out")"
  pass "three replicas on one volume are refused"
fi
check_schema deploy/kubernetes/grantd.yaml
check_config deploy/kubernetes/grantd.yaml
# As bun test closes, so that CI counts these.
echo " $passed pass"
echo " 0 fail"
