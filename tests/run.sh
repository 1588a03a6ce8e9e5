#!/usr/bin/env bash
# Every check of this repository, from a fresh clone: `bash tests/run.sh [OPTIONS OF pytest]`.
#
# Installs what the tests need, as root or with sudo, without reading standard input. All stages run even when one fails;
# pytest comes last, so that its count is the last thing printed when all is well.
set -uo pipefail
exec </dev/null
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd -- "$root" || exit
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

ensure test \
    systemd-analyze=systemd systemd-nspawn=systemd-container nft=nftables ip=iproute2 sysctl=procps \
    mosquitto=mosquitto mosquitto_pub=mosquitto-clients espeak-ng=espeak-ng curl=curl git=git shellcheck=shellcheck strace=strace pg_ctlcluster=postgresql chromium-headless-shell=chromium-headless-shell \
    "/usr/lib/$(uname -m)-linux-gnu/libatomic.so.1=libatomic1" \
    /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf=fonts-dejavu-core

unset PYTHONDONTWRITEBYTECODE # where it is set, each of hundreds of processes would compile everything anew

failed=()

stage() {
    local name=$1 from=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then
        printf '== %s: passed in %d s\n' "$name" $((SECONDS - from))
    else
        printf '== %s: FAILED after %d s\n' "$name" $((SECONDS - from))
        failed+=("$name")
    fi
}

export PATH="$root/.venv/bin:$PATH"
pytest --collect-only --quiet >/dev/null 2>&1 & # what pytest makes of the tests is kept: the four below need not all make it
warming=$!
stage "ruff check" ruff check --quiet
stage "ruff format" ruff format --check --quiet
stage "mypy" mypy --no-error-summary
stage "import-linter" lint-imports
stage "shellcheck" shellcheck -x deploy/*.sh tests/*.sh .ci/run

wait "$warming"
printf '\n== pytest\n'
# four on two cores, because browsers and brokers are often waited for; in the order of collection, so that what takes long does not come last
pytest -n 4 --dist loadfile --no-loadscope-reorder "$@" || failed+=(pytest)
if ((${#failed[@]})); then
    printf '\nFAILED: %s\n' "${failed[*]}" >&2
    exit 1
fi
