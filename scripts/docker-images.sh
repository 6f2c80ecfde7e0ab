#!/bin/sh
# Makes stand-ins for the images that the Dockerfile starts from, as base.tar and build.tar in a folder, for `docker
# import`. They are made of Debian's packages, as the real ones are, and of this machine's Bun; no image is pulled.
set -eu
cd "$(dirname "$0")/.."
folder=$1

# What changes a stand-in: the version of Bun, the packages in the lock, this script.
stamp() { cat package.json bun.lock scripts/docker-images.sh | sha256sum; }

unpack() { # folder of packages, root to unpack them in
  # base-files goes first: where it links /lib to /usr/lib, the others follow the link.
  for package in "$1"/base-files_*.deb "$1"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$2"
  done
}

pack() { # root, name
  tar -c --numeric-owner --owner=0 --group=0 -C "$1" . >"$folder/$2.tar"
}

# What distroless base is made of: these packages, no shell, and a user that is not root.
make_base() {
  root=$folder/base
  mkdir -p "$root/packages" "$root/files"
  libssl=libssl3
  apt-cache show "$libssl" >/dev/null 2>&1 || libssl=libssl3t64
  (
    cd "$root/packages"
    apt-get -q -o APT::Sandbox::User=root download base-files ca-certificates libc6 "$libssl" netbase tzdata >/dev/null
  )
  unpack "$root/packages" "$root/files"
  echo 'root:x:0:0:root:/root:/sbin/nologin' >"$root/files/etc/passwd"
  echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >>"$root/files/etc/passwd"
  pack "$root/files" base
  rm -rf "$root"
}

# A small Debian with Bun, and with the packages of bun.lock where Bun looks before it asks the registry.
make_build() {
  root=$folder/build
  mkdir -p "$root/packages/partial" "$root/files/tmp" "$root/files/usr/local/bin" "$root/project"
  # From an empty list of installed packages apt-get works out all that these need.
  : >"$root/status"
  apt-get -y -q -o APT::Sandbox::User=root -o "Dir::State::status=$root/status" -o "Dir::Cache::archives=$root/packages" \
    --download-only --no-install-recommends install base-files coreutils dash >/dev/null
  unpack "$root/packages" "$root/files"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/files/etc/passwd"
  cp "$(sh scripts/bun.sh -e 'console.log(process.execPath)')" "$root/files/usr/local/bin/bun"
  fill_bun_cache "$root/project" "$root/files/bun-cache"
  pack "$root/files" build
  rm -rf "$root"
}

fill_bun_cache() { # folder for a copy of the project's lock, cache
  bun=$PWD/scripts/bun.sh
  cp package.json bun.lock bunfig.toml "$1"
  (
    cd "$1"
    BUN_INSTALL_CACHE_DIR=$2 sh "$bun" install --frozen-lockfile --production --ignore-scripts >/dev/null
  )
}

[ "$(cat "$folder/stamp" 2>/dev/null)" != "$(stamp)" ] || exit 0
rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
apt-get update -q >/dev/null
make_base
make_build
stamp >"$folder/stamp"
