# shellcheck shell=bash
# Sourced by demo.sh and tests/run.sh: Debian packages and the virtual environment of this clone.
#
# Installing must not start Debian's own Mosquitto or PostgreSQL, and must not touch one that was there before: the demo brings its own broker, and the
# tests a cluster of their own.
# Callers set `root`, the clone, and send standard output where people read it.
: "${root:?}"

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "to install packages this must run as root or with sudo installed; tried: $*"
    fi
}

# install_missing PROBE=PACKAGE…: a probe is a command, or a file by its absolute path.
install_missing() {
    local pair missing=()
    [[ -x $root/.venv/bin/python ]] || find_python >/dev/null || missing+=(python3 python3-venv)
    for pair; do
        [[ -e ${pair%%=*} ]] || PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || fail "these Debian packages are needed and there is no apt-get to install them: ${missing[*]}"
    say "installing from Debian: ${missing[*]}"
    local services=()
    for pair in mosquitto postgresql; do
        [[ " ${missing[*]} " != *" $pair "* ]] || services+=("$pair")
    done
    if ((${#services[@]})); then
        with_services_kept_off "${services[*]}" apt_install "${missing[@]}"
    else
        apt_install "${missing[@]}"
    fi
}

apt_install() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    as_root "${apt[@]}" update || say "apt-get update failed; trying with the package lists that are there"
    as_root "${apt[@]}" install --no-install-recommends "$@" >/dev/null || fail "apt-get could not install $*: its words stand above"
}

# Debian starts what it installs unless policy-rc.d answers 101. Ours speaks of these services alone and only while this process lives,
# so that not even a power cut in between leaves a policy behind. Only called for services that were not installed before.
with_services_kept_off() {
    local kept_off=$1 policy=/usr/sbin/policy-rc.d mark="# kezek-edge: $1 stays off while process $$ installs it" status=0 service
    shift
    if grep -qs '^# kezek-edge: ' "$policy"; then
        as_root rm -f "$policy" # left by a start that was cut off
    fi
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\n%s\n%s\n' "$mark" "case \$1 in ${kept_off// /*|}*) [ -d /proc/$$ ] && exit 101 ;; esac; exit 0" |
            as_root sh -c "cat >$policy && chmod 755 $policy"
    fi
    ("$@") || status=$?
    if grep -qsF "$mark" "$policy"; then
        as_root rm -f "$policy"
    fi
    # Someone else's policy may have let it start; and it shall not start with the machine either, whichever init that has.
    for service in $kept_off; do
        if command -v systemctl >/dev/null; then
            as_root systemctl --quiet disable --now "$service.service" || true
        fi
        if [[ -x /etc/init.d/$service ]]; then
            as_root "/etc/init.d/$service" stop >/dev/null 2>&1 || true
            as_root update-rc.d "$service" disable >/dev/null 2>&1 || true
        fi
    done
    return "$status"
}

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# What an installation was made from; another place, Python project, lock file, hook or translation makes another one.
source_digest() (
    cd "$root" || exit
    shopt -s nullglob
    { pwd -P && cat pyproject.toml package.json package-lock.json hatch_build.py edge/web/translations/*/LC_MESSAGES/messages.po; } | sha256sum
)

# is_installed EXTRAS: the virtual environment holds these extras (or more), was made from today's sources, and its Python still runs.
is_installed() {
    local stamp digest
    digest=$(source_digest)
    [[ -e $root/edge/web/static/vendor/manifest.json ]] || return
    for stamp in "$root/.venv/installed-$1" "$root/.venv/installed-test"; do
        [[ -e $stamp && $(<"$stamp") == "$digest" ]] && "$root/.venv/bin/python" -S -c '' 2>/dev/null && return
    done
    return 1
}

install_edge() {
    local extras=$1 python target="$root"
    [[ $extras == run ]] || target="${root}[$extras]"
    rm -f "$root"/.venv/installed-*
    if ! "$root/.venv/bin/python" -m pip --version >/dev/null 2>&1; then
        python=$(find_python) || fail "Python 3.11 or newer with its venv module is needed; found: $(python3 --version 2>&1)"
        "$python" -m venv --clear "$root/.venv" || fail "no virtual environment could be made in $root/.venv with $python"
    fi
    say "installing Kezek Edge into $root/.venv (once; a few minutes)"
    "$root/.venv/bin/python" -m pip --disable-pip-version-check --quiet install --editable "$target" ||
        fail "pip could not install Kezek Edge: its words stand above; the next try continues where this one stopped"
    source_digest >"$root/.venv/installed-$extras"
}

# ensure EXTRAS PROBE=PACKAGE…: everything is there afterwards. Of several at once the first one installs and the others wait.
ensure() {
    local extras=$1 lock
    shift
    exec {lock}<"$root/pyproject.toml"
    flock "$lock"
    install_missing "$@" || exit
    is_installed "$extras" || install_edge "$extras"
    exec {lock}<&-
}
