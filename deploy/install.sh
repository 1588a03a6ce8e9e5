#!/usr/bin/env bash
# A Debian 12 becomes a box: `bash install.sh ARCHIVE [--help]`, as root, without any network. Run again, it changes nothing.
#
# Beside it lies release.pub, the key that the archive was signed with. `edge update ARCHIVE` comes here too, with the key of the first installation.
# Nothing of the archive runs before its signature and its digest are right; what is done then is decided in edge/box.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)

fail() {
    printf 'edge: %s\n' "$*" >&2
    exit 3
}

command=install key=$here/release.pub
if [[ ${1:-} == --update ]]; then
    command=update key=/etc/edge/release.pub
    shift
fi
archive=${1:-}
[[ -n $archive && $archive != -* ]] || fail "usage: install.sh ARCHIVE [--help]; an archive is a file kezek-edge-VERSION.edge"
shift
((EUID == 0)) || fail "this must run as root: put \`sudo\` in front"
[[ -r $archive ]] || fail "$archive cannot be read"
[[ -r $key ]] || fail "$key is missing: it comes with the archive, and says who may sign"
for program in openssl python3 sha256sum tar; do
    command -v "$program" >/dev/null || fail "$program is missing: install it from Debian (\`apt-get install $program\`)"
done

mkdir -p /opt/edge
for left in /opt/edge/.unpacked-*; do # of one that was cut off
    [[ -d $left && (${left##*-} == "$$" || ! -d /proc/${left##*-}) ]] && rm -rf "$left" # ours: after a start, process numbers come again
done
place=/opt/edge/.unpacked-$$
trap 'rm -rf "$place"' EXIT
mkdir "$place"
tar -xf "$archive" -C "$place" MANIFEST MANIFEST.sig 2>/dev/null || fail "$archive is no archive of Kezek Edge, or is damaged"
openssl pkeyutl -verify -rawin -pubin -inkey "$key" -in "$place/MANIFEST" -sigfile "$place/MANIFEST.sig" >/dev/null 2>&1 ||
    fail "the signature of $archive is not of the key $key: it is not used"
digest=$(tar -xOf "$archive" payload.tar | sha256sum)
grep -qx "sha256 ${digest%% *}" "$place/MANIFEST" || fail "$archive is damaged: its content is not what was signed; copy it again"
mkdir "$place/payload"
tar -xOf "$archive" payload.tar | tar -x -C "$place/payload" || fail "there is not enough room in /opt to unpack $archive"

wheel=("$place"/payload/kezek_edge-*.whl)
PYTHONPATH=${wheel[0]} PYTHONDONTWRITEBYTECODE=1 python3 -m edge.box "$command" --payload "$place/payload" --key "$key" "$@"
