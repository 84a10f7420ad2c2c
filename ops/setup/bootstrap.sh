# Sourced by ops/up, ops/down, ops/status and ops/test: finds or fetches Bun, installs the
# dependencies, and hands over to TypeScript. Everything fetched stays inside .exchange/tools.

set -euo pipefail

bun_version_min=1.4.5
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$checkout/.exchange/tools

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

is_new_enough() { # is_new_enough BUN: does it run here, at a version that is not too old?
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$bun_version_min" "${version%%-*}" | sort -V | head -n 1)" = "$bun_version_min" ]
}

fetch_bun() {
  local package
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) package=bun-linux-x64 ;;
    Linux-aarch64) package=bun-linux-aarch64 ;;
    *) fail "This needs Linux on x86-64 or ARM64. Elsewhere: docker compose up (see README.md)." ;;
  esac
  command -v npm >/dev/null ||
    fail "Bun $bun_version_min or newer is not on PATH and npm, which could fetch it, is not either. Install Bun (https://bun.sh) or npm, or run: docker compose up"
  echo "Fetching Bun $bun_version_min into .exchange/tools ..." >&2
  local work
  work=$(mktemp -d "$tools/bun.XXXXXX")
  echo '{}' >"$work/package.json" # Without one of its own, npm would install into the checkout.
  # From inside the folder: npm's --prefix would move its global settings, certificates included.
  (cd "$work" && npm_config_cache="$work/cache" npm install --no-audit --no-fund --ignore-scripts \
    --no-update-notifier --loglevel=error "@oven/$package@$bun_version_min" >npm.log 2>&1) ||
    { grep -m 5 error "$work/npm.log" >&2; rm -rf "$work"; fail "npm could not fetch Bun (output above). Install Bun from https://bun.sh, or run: docker compose up"; }
  mkdir -p "$tools/bun"
  mv -f "$work/node_modules/@oven/$package/bin/bun" "$tools/bun/bun"
  ln -sf bun "$tools/bun/bunx"
  rm -rf "$work"
  is_new_enough "$tools/bun/bun" || fail "The fetched Bun does not run on this machine. Install Bun from https://bun.sh, or run: docker compose up"
}

find_bun() {
  if command -v bun >/dev/null && is_new_enough bun; then return; fi
  is_new_enough "$tools/bun/bun" || fetch_bun
  export PATH="$tools/bun:$PATH"
  # Git hooks call Bun by name: installed without Bun on the user's own PATH, they would fail every commit.
  export CI=${CI:-true}
}

install_dependencies() {
  if [ -d "$checkout/node_modules" ] && cmp -s "$checkout/bun.lock" "$tools/bun.lock.installed"; then return; fi
  (cd "$checkout" && bun install --frozen-lockfile >"$tools/install.log" 2>&1) ||
    { tail -n 5 "$tools/install.log" >&2; fail "bun install failed (output above; .exchange/tools/install.log)."; }
  cp "$checkout/bun.lock" "$tools/bun.lock.installed"
}

# Under a lock, so that two commands started at once do not install into each other.
prepare() {
  (umask 077 && mkdir -p "$checkout/.exchange" && umask 022 && mkdir -p "$tools") 2>/dev/null ||
    fail "Cannot write to $checkout/.exchange: it needs the right to, and room on the disk."
  [ -w "$tools" ] || fail "Cannot write to $tools: it belongs to another user."
  if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then export HOME=$tools/home && mkdir -p "$HOME"; fi
  if command -v flock >/dev/null; then
    exec 9>"$tools/bootstrap.lock"
    flock 9
  fi
  find_bun
  install_dependencies
  exec 9>&-
}

prepare
