#!/usr/bin/env bash
# Makes the archive that a box is installed and updated from, without any network there: `bash deploy/build.sh [--out DIR] [--key FILE] [--help]`.
#
# Needs a network itself. What lies in the folder afterwards (archive, install.sh, release.pub) is what goes on the stick.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

ensure run openssl=openssl dpkg-deb=dpkg >&2
exec "$root/.venv/bin/python" "$root/deploy/build.py" "$@"
