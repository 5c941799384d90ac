# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
#
# What run-local and the test runner need of the machine: packages, a build, a Docker Engine, and an
# end that leaves nothing behind. To be sourced by a script that has set -euo pipefail.
#
# Whoever starts something says at once, by at_exit, how it is undone. The undoing runs last to
# first, however the script ends: done, failed, ^C or SIGTERM. Processes are ended by their id.

# dockerd, haproxy and ip are there, which Debian leaves out of a user's PATH.
export PATH="$PATH:/usr/sbin:/sbin"

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

build_packages=(
  cmake                    # configures the build
  ninja-build              # runs it
  g++                      # compiler, 12 or newer
  pkg-config               # finds libgit2, cpp-httplib and isa-l
  libfmt-dev               # formatting
  libssl-dev               # digests and signatures
  nlohmann-json3-dev       # JSON
  libyaml-cpp-dev          # YAML
  libcli11-dev             # options
  libcurl4-openssl-dev     # HTTP client
  zlib1g-dev               # compression
  libisal-dev              # fast compression of image layers
  libarchive-dev           # tar and zip
  libgit2-dev              # commit of a work tree
  libcpp-httplib-dev       # HTTP server of the sandbox
  doctest-dev              # unit tests
  git                      # version of the build, commits of the example
)
run_packages=(
  openjdk-17-jdk-headless  # compiles the example; jlink makes its base image
  binutils                 # objcopy, for jlink --strip-debug
  ca-certificates          # TLS to Maven Central
  curl                     # Maven's wrapper fetches Maven; the hooks ask for health
  unzip                    # Maven's wrapper unpacks it
  groovy                   # runs the Jenkinsfile
  hey                      # constant load, and the independent count of failures
  jq                       # reads the JSON the sandbox prints
  docker-registry          # the sandbox's image registry
  haproxy                  # the sandbox's load balancer
  docker.io                # Docker Engine and client, unless others are there
  iproute2                 # the bridge of an own engine
)
# What serves as well as the package.
declare -A command_instead=([docker.io]=docker [openjdk-17-jdk-headless]=jlink [git]=git [curl]=curl
  [cmake]=cmake [ninja-build]=ninja [jq]=jq [iproute2]=ip [unzip]=unzip)

say() { printf '%8.1fs  %s\n' "$(seconds_since_start)" "$*" >&2; }

# die EXIT_CODE MESSAGE [HINT]
die() {
  printf '%s: %s\n' "$(basename "$0")" "$2" >&2
  [[ -z "${3:-}" ]] || printf '  hint: %s\n' "$3" >&2
  exit "$1"
}

started_at=$(date +%s%N)
seconds_since_start() {
  local tenths=$((($(date +%s%N) - started_at) / 100000000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# ---- an end that leaves nothing behind

cleanups=()
at_exit() { cleanups+=("$(printf '%q ' "$@")"); }

# The last thing said by at_exit has been undone already, or is undone here.
forget_last() { unset 'cleanups[-1]'; }
undo_last() {
  local command=${cleanups[-1]}
  forget_last
  eval "$command"
}

# Everything said by at_exit so far, as commands, last first.
print_cleanups() {
  local i
  for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do printf '%s\n' "${cleanups[i]}"; done
}

clean_up() {
  local status=$? command commands=()
  trap - EXIT
  trap '' INT TERM HUP  # a second ^C must not leave half of it
  set +e
  [[ -z "${running:-}" ]] || stop_running
  mapfile -t commands < <(print_cleanups)
  for command in "${commands[@]}"; do eval "$command"; done
  if [[ -n "${ended_by:-}" ]]; then
    trap - "$ended_by"
    kill -s "$ended_by" $$
  fi
  exit "$status"
}

clean_up_on_every_end() {
  trap clean_up EXIT
  local signal
  for signal in INT TERM HUP; do
    # shellcheck disable=SC2064
    trap "ended_by=$signal; say 'SIG$signal: stopping what was started'; exit 1" "$signal"
  done
}

# run COMMAND…: like the command itself, but a signal to this script is acted on at once and ends the
# command's whole process group. run_alone: only the process itself is told; it ends its children.
run() { run_as group "$@"; }
run_alone() { run_as alone "$@"; }
run_as() {
  running_as=$1
  shift
  setsid "$@" &
  running=$!
  local status=0
  wait "$running" || status=$?
  running=
  return "$status"
}

stop_running() {
  if [[ "$running_as" == group ]]; then
    kill -TERM -- "-$running" 2>/dev/null
    wait_gone "$running" 10
  else
    # The runner gives an aborted step 20 s and then runs the post steps.
    stop_process "$running" 60
  fi
  kill -KILL -- "-$running" 2>/dev/null
  running=
}

# stop_process PID SECONDS: SIGTERM, and SIGKILL to what is left after that time.
stop_process() {
  as_owner "$1" kill -TERM "$1" 2>/dev/null || return 0
  wait_gone "$1" "$2" || as_owner "$1" kill -KILL "$1" 2>/dev/null || true
}

wait_gone() {
  local deadline=$((SECONDS + $2))
  while is_running "$1"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# A zombie is gone: it waits only for its parent to notice.
is_running() {
  local state
  state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 1
  [[ -n "$state" && "$state" != [ZX] ]]
}

as_owner() {
  local pid=$1
  shift
  if [[ -O "/proc/$pid" ]]; then "$@"; else as_root "$@"; fi
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    command -v sudo >/dev/null || die 3 "'$*' needs root" "run as root, or install sudo"
    sudo "$@"
  fi
}

# ---- packages

is_installed() {
  local instead=${command_instead[$1]:-}
  [[ -n "$instead" ]] && command -v "$instead" >/dev/null && return 0
  [[ "$(dpkg-query --show --showformat='${Status}' "$1" 2>/dev/null)" == "install ok installed" ]]
}

install_packages() {
  local package missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null ||
    die 3 "missing: ${missing[*]}" "this is not Debian: install what corresponds to these packages"
  say "installing ${missing[*]}"
  # Debian starts the services of what it installs (registry, HAProxy, Docker); this answer keeps
  # it from doing so.
  local policy=/usr/sbin/policy-rc.d
  if [[ ! -e "$policy" ]]; then
    at_exit as_root rm -f "$policy"
    # shellcheck disable=SC2016
    as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod +x "$1"' sh "$policy"
  else
    at_exit true
  fi
  as_root apt-get -q update >&2
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q install --yes --no-install-recommends "${missing[@]}" >&2 ||
    die 3 "apt-get could not install ${missing[*]}"
  undo_last
}

# Groovy, Maven and jlink take the JDK from JAVA_HOME; Debian sets none.
use_jdk() {
  if [[ -z "${JAVA_HOME:-}" || ! -x "$JAVA_HOME/bin/jlink" ]]; then
    local candidate found=
    for candidate in "$(dirname "$(dirname "$(readlink -f "$(command -v jlink || true)")")")" \
        /usr/lib/jvm/*17* /usr/lib/jvm/*; do
      [[ -x "$candidate/bin/jlink" && -d "$candidate/jmods" ]] && found=$candidate && break
    done
    [[ -n "$found" ]] || die 3 "no JDK with jlink and its jmods found" "set JAVA_HOME to a JDK 17 or newer"
    JAVA_HOME=$found
  fi
  export JAVA_HOME
  export PATH="$JAVA_HOME/bin:$PATH"
}

# ---- build

# build_tools PRESET [TARGET]: its binaries come first on PATH. The target `tools` leaves out tests.
build_tools() {
  say "building (preset $1)"
  run cmake -S "$repository" --preset "$1" >&2 || die 3 "configuring failed"
  run cmake --build "$repository/build/$1" --target "${2:-all}" >&2 || die 3 "the build failed"
  export PATH="$repository/build/$1/bin:$PATH"
}

# ---- Docker Engine

engine_answers() { timeout 20 docker version --format '{{.Server.Version}}' 2>/dev/null; }

# use_engine DIR: the engine that answers, else an own one whose files are all in DIR.
use_engine() {
  local version
  if version=$(engine_answers); then
    say "Docker Engine $version answers"
    return
  fi
  start_engine "$1"
}

# The firewall is left alone: the sandbox's containers are reached over their published loopback
# addresses, which Docker's own proxy serves.
start_engine() {
  local dir=$1 bridge="stagecraft$((BASHPID % 100000))"
  command -v dockerd >/dev/null ||
    die 3 "no Docker Engine answers and there is no dockerd to start" "start your engine, or: apt-get install docker.io"
  mkdir -p "$dir"
  at_exit stop_engine "$dir" "$bridge"
  as_root ip link add "$bridge" type bridge || die 3 "could not add the network bridge $bridge"
  as_root ip addr add "$(free_subnet)" dev "$bridge"
  as_root ip link set "$bridge" up
  # In a session of its own, so that ^C at the terminal is ours to act on.
  # shellcheck disable=SC2016
  as_root sh -c 'log=$1; shift; setsid "$@" >"$log" 2>&1 </dev/null &' sh "$dir/dockerd.log" \
    dockerd --data-root "$dir/data" --exec-root "$dir/run" \
    --pidfile "$dir/dockerd.pid" --host "unix://$dir/docker.sock" --group "$(id -gn)" \
    --bridge "$bridge" --iptables=false --ip6tables=false --ip-masq=false --log-level warn
  export DOCKER_HOST="unix://$dir/docker.sock"
  local version deadline=$((SECONDS + 60))
  until version=$(engine_answers); do
    if ((SECONDS >= deadline)); then
      tail -n 5 "$dir/dockerd.log" >&2
      die 3 "dockerd did not answer within 60 s" "its last lines are above"
    fi
    sleep 0.3
  done
  say "Docker Engine $version started in $dir"
}

# A /24 that no interface here and no route has.
free_subnet() {
  local third
  for third in $(seq 200 255) $(seq 100 199); do
    ip -4 route show table all | grep -q "172\.31\.$third\." || break
  done
  printf '172.31.%d.1/24' "$third"
}

stop_engine() {
  local dir=$1 bridge=$2 pid
  # dockerd takes its containerd and proxies along; what it could not is found afterwards.
  if pid=$(cat "$dir/dockerd.pid" 2>/dev/null); then stop_process "$pid" 30; fi
  for pid in $(processes_naming "$dir/"); do stop_process "$pid" 10; done
  # Deepest first.
  awk -v dir="$dir/" 'index($2, dir) == 1 {print $2}' /proc/self/mounts | sort -r |
    while read -r mounted; do as_root umount --lazy "$mounted"; done
  if ip link show "$bridge" >/dev/null 2>&1; then as_root ip link del "$bridge"; fi
  as_root rm -rf "$dir"
}

# The engine's processes that name this folder in their arguments, which no others do.
processes_naming() {
  local process
  for process in /proc/[0-9]*; do
    case "$(cat "$process/comm" 2>/dev/null)" in
      dockerd | containerd | containerd-shim* | docker-proxy)
        tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -qF "$1" && echo "${process#/proc/}"
        ;;
    esac
  done
}
