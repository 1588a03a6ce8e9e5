"""What an administrator could find changed on a box: files with owner, rights, time and content, users, units, firewall."""

from tests.box.machine import Box

FOLDERS = "/etc /opt /usr/local /var/lib/edge /var/lib/edge-broker"
LIVE = ("edge.db*", "high-water.json", "edge.sock", "edge.lock", "backups", "status*", "voice-made")  # what a running server writes all the time
OURS = "edge.service edge-broker.service edge-firewall.service edge-backup.timer edge-drill.timer chrony.service"
LOOK = f"""
find {FOLDERS} -xdev \\( -path /opt/.edge-box.lock -o {" -o ".join(f"-path '/var/lib/edge/{name}'" for name in LIVE)} \\) -prune -o \
    \\( -type f -o -type l \\) -printf '%p %M %u:%g %s %T@ %l\\n' | sort
find {FOLDERS} -xdev -type d -printf '%p %M %u:%g\\n' | sort
find /etc /opt /usr/local -xdev -type f -print0 | sort -z | xargs -0 sha256sum
getent passwd; getent group
systemctl list-unit-files --no-legend --no-pager --plain
systemctl show --property=Id,ActiveState,MainPID,ActiveEnterTimestampMonotonic,NRestarts {OURS}
nft list table inet kezek_edge
"""


def state_of(box: Box) -> list[str]:
    """Return it line by line."""
    return box.says(LOOK).splitlines()


def changes(before: list[str], after: list[str]) -> list[str]:
    """Return what is not the same, `-` for what is gone and `+` for what is new."""
    old, new = set(before), set(after)
    return [f"- {line}" for line in before if line not in new] + [f"+ {line}" for line in after if line not in old]
