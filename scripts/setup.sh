#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that building and testing Sequent needs, and nothing that is already there.
# Says what it installs; asks nothing; uses sudo only when not root. Running it again does nothing. With
# --without-browser it leaves out Chromium, which only a test needs.
#
# For Debian 12 and 13 and Ubuntu 24.04. On Ubuntu 22.04 every name but libtomlplusplus-dev is known to exist; that one
# may be missing there, and its Highway (0.16) is older than any that Sequent has been built with.
set -euo pipefail

packages=(
  # Tools. ccache is optional to the build, and makes the second one several times faster.
  g++ cmake ninja-build make pkg-config ccache
  # SIMD with run-time dispatch.
  libhwy-dev
  # Formatting, JSON, TOML, command line, Unicode regular expressions and normalisation.
  libfmt-dev nlohmann-json3-dev libtomlplusplus-dev libcli11-dev libpcre2-dev libutf8proc-dev
  # Decoding and writing videos and images. The ffmpeg program is what the tests compare with.
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev ffmpeg
  # Tests and benchmarks.
  libgtest-dev libbenchmark-dev
  # Fuzzing the readers of files: libFuzzer comes with Clang.
  clang libclang-rt-dev
)

# A test opens a report in a real browser: Chromium or one made from it. Debian has it as a package. Ubuntu's packages of
# that name only install the snap, which needs snapd and cannot read /tmp, so there we say what is missing and leave the
# choice; SEQUENT_BROWSER=path names a browser in another place.
browser_found() {
  local name
  for name in "${SEQUENT_BROWSER:-chromium}" google-chrome microsoft-edge; do
    command -v "$name" >/dev/null && return 0
  done
  return 1
}
if [[ ${1:-} != --without-browser ]] && ! browser_found; then
  if grep -qs '^ID=ubuntu' /etc/os-release; then
    echo "setup: no browser found: one test (eval_slow) will fail until Google Chrome's .deb is installed, or" \
      "SEQUENT_BROWSER names Chromium" >&2
  else
    packages+=(chromium)
  fi
fi

installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this script knows Debian and Ubuntu only; elsewhere install the equivalents of:" >&2
  printf '  %s\n' "${packages[@]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: these packages are missing; as root run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "setup: installing ${#missing[@]} packages: ${missing[*]}"
"${as_root[@]}" apt-get update -q
# Through env, because sudo drops the variable otherwise.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
echo "setup: done"
