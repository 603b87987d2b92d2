# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing from Debian's archive; for examples/quickstart.sh, tests/run.sh and CI.
#
#   . cmake/install-deps.sh
#   checkmate_install_deps build test     # groups: build, test, ci
#
# POSIX sh. It never asks, says what it installs, and is silent when everything is there.
# CHECKMATE_INSTALL_DEPS=no in the environment skips it, for those who bring the dependencies another way.

checkmate_packages() {
  case $1 in
    build) echo g++ cmake ninja-build pkg-config libeigen3-dev coinor-libcbc-dev nlohmann-json3-dev \
             libcli11-dev zlib1g-dev ;;
    test) echo doctest-dev libbenchmark-dev libboost-dev libglpk-dev libonnx-dev libprotobuf-dev python3 \
            python3-onnx ;;
    ci) echo clang clang-format libclang-rt-dev doxygen python3-dev python3-venv ;;
    *) echo "install-deps: there is no group '$1' (there are build, test, ci)" >&2; return 1 ;;
  esac
}

checkmate_missing() {
  for package in "$@"; do
    case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

# apt-get as root: directly, or through sudo. No package asks questions; one waits for another apt to finish.
checkmate_apt() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"
  fi
}

# Runs quietly; shows what was said only if it fails.
checkmate_quietly() {
  checkmate_log=$(mktemp)
  if "$@" >"$checkmate_log" 2>&1 </dev/null; then
    rm -f "$checkmate_log"
    return 0
  fi
  tail -n 25 "$checkmate_log" >&2
  rm -f "$checkmate_log"
  return 1
}

checkmate_install_deps() {
  [ "${CHECKMATE_INSTALL_DEPS:-yes}" = no ] && return 0
  checkmate_wanted=
  for group in "$@"; do
    checkmate_wanted="$checkmate_wanted $(checkmate_packages "$group")" || return 1
  done
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    echo "This script installs Debian packages, and there is no apt-get here. Install what corresponds to" >&2
    echo " $checkmate_wanted" >&2
    echo "and run it again with CHECKMATE_INSTALL_DEPS=no." >&2
    return 1
  fi
  # Unquoted on purpose, here and below: one word a package.
  checkmate_needed=$(checkmate_missing $checkmate_wanted)
  [ -z "$checkmate_needed" ] && return 0

  echo "Installing with apt-get: $checkmate_needed"
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
    echo "Installing needs root or sudo. Ask someone who has it to run:  apt-get install $checkmate_needed" >&2
    return 1
  fi
  # If sudo wants a password, it must be able to say so; everything below is quiet.
  [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || sudo -v || return 1
  # Fresh machines have no package lists, old ones stale ones: both are cured by an update.
  if apt-cache show $checkmate_needed >/dev/null 2>&1; then
    checkmate_apt install -y --no-install-recommends $checkmate_needed >/dev/null 2>&1 </dev/null && return 0
  fi
  if ! checkmate_quietly checkmate_apt update; then
    echo "apt-get update failed: is there a network connection?" >&2
    return 1
  fi
  if ! checkmate_quietly checkmate_apt install -y --no-install-recommends $checkmate_needed; then
    echo "apt-get could not install: $checkmate_needed" >&2
    return 1
  fi
}
