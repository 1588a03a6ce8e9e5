#!/bin/sh
# The command `edge` of a box, installed as /usr/local/bin/edge: on the centre in /var/lib/edge, by the release in use.
release=/opt/edge/current
case ${1:-} in
update)
    shift
    exec bash "$release/install.sh" --update "$@"
    ;;
rollback | finish | uninstall | reload-firewall)
    exec env PYTHONPATH="$(realpath "$release"/kezek_edge-*.whl)" PYTHONDONTWRITEBYTECODE=1 python3 -m edge.box "$@"
    ;;
esac
EDGE_DATA=${EDGE_DATA:-/var/lib/edge}
export EDGE_DATA
exec "$release/venv/bin/edge" "$@"
