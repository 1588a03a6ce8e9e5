#!/usr/bin/env bash
# From a fresh Debian 12 to a running demo centre: `bash deploy/demo.sh [OPTIONS OF edge demo]`.
#
# Installs what is missing, as root or with sudo, then becomes `edge demo`. Standard output belongs to the one line
# `ready http://…`; everything else goes to standard error.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

ensure run mosquitto=mosquitto espeak-ng=espeak-ng /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf=fonts-dejavu-core >&2

data=(--data "$root/.demo")
for argument; do
    [[ $argument == --data || $argument == --data=* ]] && data=()
done
PATH=$PATH:/usr/local/sbin:/usr/sbin # where Debian puts Mosquitto, and an ordinary user does not look
exec "$root/.venv/bin/edge" demo "${data[@]}" "$@"
