# Read by other scripts: `. scripts/need.sh`.

# need PACKAGE PROGRAM: installs Debian's package where the program is missing. PROGRAM is a name on PATH, or a path with wildcards.
# No service of the package starts. Ends the script where this may not install.
need() {
  case $2 in
    /*) ls $2 >/dev/null 2>&1 && return ;;
    *) command -v "$2" >/dev/null 2>&1 && return ;;
  esac
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Cannot find $2: install Debian's package $1, or run this as root on Debian" >&2
    exit 1
  fi
  [ -n "${need_updated:-}" ] || apt-get update -q >/dev/null
  need_updated=yes
  echo "installing $1" >&2
  need_policy=/usr/sbin/policy-rc.d
  if [ -e "$need_policy" ]; then
    need_policy=
  else
    # invoke-rc.d asks this program whether a service may start; 101 is no.
    printf '#!/bin/sh\nexit 101\n' >"$need_policy"
    chmod 755 "$need_policy"
  fi
  need_status=0
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" >/dev/null || need_status=$?
  [ -z "$need_policy" ] || rm -f "$need_policy"
  [ "$need_status" = 0 ] || exit "$need_status"
}
