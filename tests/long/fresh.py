"""The first installation: a bare Debian 12, as the root of a namespace of its own, in which `deploy/demo.sh` alone and `tests/run.sh` alone must do.

`python3 -m tests.long.fresh [demo] [tests]`, as root, with debootstrap installed; only the standard library, because nothing of ours may be
installed yet. What is tested is the last commit, not the work tree. Only the way to packages (apt's sources, certificates, pip's and npm's
settings) is taken from this machine. The bare system is kept in `.long/base.tar`, so an interrupted run goes on from there; each half starts
from it anew. Everything runs in its own mount and process namespace: when this ends, however it ends, nothing is left mounted or running.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.long.bare import KEEP, ROOT, FailedError, bootstrap, output, run

BASE = KEEP / "base.tar"
CLONE = "srv/kezek-edge"
READY = "ready http://127.0.0.1:18090"
DEMO = ("bash", f"/{CLONE}/deploy/demo.sh", "--http-port", "18090", "--mqtt-port", "18091", "--ws-port", "18092")
INSTALLED_WITHIN_S, STARTED_WITHIN_S = 1800.0, 5.0
SETTINGS = ("/etc/pip.conf", "/etc/xdg/pip", "~/.config/pip", "~/.pip", "~/.npmrc", "/etc/npmrc", "/etc/resolv.conf", "/etc/hosts")
PASSED_ON = re.compile(r".*_proxy|.*CA_BUNDLE|.*CA_CERTS|SSL_CERT_.*|PIP_(CERT|INDEX_URL|DEFAULT_TIMEOUT)|npm_config_.*", re.IGNORECASE)
# The first process of the box: mounts what a system has, passes SIGTERM on, and tells what the command left running.
INIT = """
box=$1; shift
mount --bind "$box" "$box"  # a root must be a mount for those who make namespaces of their own in it
mount -t proc proc "$box/proc"; mount --rbind /sys "$box/sys"
mount -t tmpfs -o mode=755 dev "$box/dev"; mkdir "$box/dev/pts" "$box/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$box/dev/pts"; mount -t tmpfs -o mode=1777 shm "$box/dev/shm"
for node in null zero full random urandom tty; do : >"$box/dev/$node"; mount --bind "/dev/$node" "$box/dev/$node"; done
ln -s pts/ptmx "$box/dev/ptmx"; ln -s /proc/self/fd "$box/dev/fd"
for number in 0=stdin 1=stdout 2=stderr; do ln -s "fd/${number%=*}" "$box/dev/${number#*=}"; done
mkdir -p "$box/outside"; cd "$box"; pivot_root . outside; umount -l /outside; rmdir /outside  # not chroot: who enters this namespace is in it
"$@" </dev/null & command=$!
trap 'kill -TERM $command' TERM
status=0; wait $command || status=$?
if [ $status = 143 ]; then status=0; wait $command || status=$?; fi  # the trap only ended the waiting
for left in /proc/[0-9]*; do
    [ "${left##*/}" = 1 ] || [ ! -s "$left/cmdline" ] || printf 'left running: %s\\n' "$(tr '\\0' ' ' <"$left/cmdline")" >&2
done
exit $status
"""


@dataclass(frozen=True, slots=True)
class Box:
    """One unpacked bare system, with a clone of the last commit in it."""

    name: str
    started: float = field(default_factory=time.monotonic)

    @property
    def path(self) -> Path:
        """Its root directory."""
        return KEEP / self.name

    @property
    def clone(self) -> Path:
        """The clone, seen from outside."""
        return self.path / CLONE

    @property
    def errors(self) -> Path:
        """What the last command said on standard error."""
        return KEEP / f"{self.name}.log"

    def unpack(self) -> None:
        """Make it anew."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        run("tar", "-C", str(self.path), "-xf", str(BASE))
        lend_the_way_to_packages(self.path)
        run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(self.clone))
        self.say(f"bare Debian {(self.path / 'etc/debian_version').read_text().strip()}, clone of {output('git', 'rev-parse', '--short', 'HEAD')}")

    def start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        """Start a command in it; standard error goes to `errors`."""
        unshared = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-euc",
            INIT,
            "init",
            str(self.path),
            *command,
        ]
        passed = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
        bare = {"HOME": "/root", "CI": "true", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        with self.errors.open("a") as errors:
            return subprocess.Popen(unshared, stdout=subprocess.PIPE, stderr=errors, env=passed | bare, text=True)

    def say(self, sentence: str) -> None:
        """Tell the figure of a step."""
        print(f"fresh {self.name}: {sentence} ({time.monotonic() - self.started:.0f} s)", flush=True)

    def require(self, holds: object, sentence: str) -> None:
        """Raise FailedError with the last words unless it holds."""
        if not holds:
            words = "\n".join(self.errors.read_text(errors="replace").splitlines()[-40:])
            raise FailedError(f"{words}\nfresh {self.name}: FAILED: {sentence}")


def demo(box: Box) -> None:
    """Check that `deploy/demo.sh` alone gets to `ready`, gives a ticket, stops, and starts again fast."""
    box.unpack()
    process = box.start(DEMO)
    wait_ready(box, process, INSTALLED_WITHIN_S)
    box.say(f"deploy/demo.sh alone said: {READY}")
    box.say(f"one ticket by curl: {take_ticket(box)}")
    stop(box, process)
    changed = output("git", "-C", str(box.clone), "status", "--porcelain")
    box.require(not changed, f"the clone is not clean: {changed}")
    box.require(not (box.path / "usr/sbin/policy-rc.d").exists(), "policy-rc.d was left behind")
    started = [*box.path.glob("etc/systemd/system/*/mosquitto.service"), *box.path.glob("etc/rc[2345].d/S*mosquitto")]
    box.require(not started, f"Debian's Mosquitto would start with the machine: {started}")
    from_ = time.monotonic()
    process = box.start(DEMO)
    wait_ready(box, process, STARTED_WITHIN_S)
    box.say(f"the next start took {time.monotonic() - from_:.1f} s, namespace and mounts included")
    stop(box, process)


def tests(box: Box) -> None:
    """Check that `tests/run.sh` alone passes."""
    box.unpack()
    process = box.start(("bash", f"/{CLONE}/tests/run.sh"))
    assert process.stdout
    last = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line.strip() or last
    box.require(process.wait() == 0, f"tests/run.sh ended with {process.returncode}: {last}")
    changed = output("git", "-C", str(box.clone), "status", "--porcelain")
    box.require(not changed, f"the clone is not clean: {changed}")
    box.say(f"tests/run.sh alone: {last}")


def wait_ready(box: Box, process: subprocess.Popen[str], within_s: float) -> None:
    """Read the ready line, or fail with what was said instead."""
    assert process.stdout

    def too_late(_number: int, _frame: object) -> None:
        box.require(holds=False, sentence=f"not ready after {within_s:.0f} s")

    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(int(within_s) + 1)  # readline has no deadline of its own
    try:
        line = process.stdout.readline().strip()
    finally:
        signal.alarm(0)
    box.require(line == READY, f"the first line was {line!r}, not {READY!r}")


def stop(box: Box, process: subprocess.Popen[str]) -> None:
    """SIGTERM the demo and check that all of it ends."""
    inside = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(inside[0]), signal.SIGTERM)
    status = process.wait(15)
    box.require(status == 0, f"the demo ended with {status} after SIGTERM")
    box.require("left running" not in box.errors.read_text(errors="replace"), "something was left running")
    box.say("stopped, nothing left running")


def take_ticket(box: Box) -> str:
    """Take a ticket for the first open service, as the first kiosk, with nothing but curl."""
    described = json.loads((box.clone / ".demo/demo.json").read_text())
    token = next(device["token"] for device in described["devices"] if device["kind"] == "kiosk")
    request = urllib.request.Request(f"{described['http']}/api/v1/services", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        services = json.load(answer)
    groups = {service["parent"] for service in services}
    code = next(service["code"] for service in services if service["open"] and service["code"] not in groups)
    headers = ("-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json")
    body = json.dumps({"service": code, "lang": "ky"})
    return str(json.loads(output("curl", "-fsS", *headers, "-d", body, f"{described['http']}/api/v1/tickets"))["number"])


def make_base() -> None:
    """Bootstrap the bare system once."""
    if BASE.exists():
        return
    KEEP.mkdir(exist_ok=True)
    bootstrap(KEEP / "base")
    run("tar", "-C", str(KEEP / "base"), "-cf", str(BASE.with_suffix(".new")), ".")
    BASE.with_suffix(".new").rename(BASE)
    shutil.rmtree(KEEP / "base")


def lend_the_way_to_packages(box: Path) -> None:
    """Copy how this machine reaches its registries."""
    shutil.rmtree(box / "etc/apt/sources.list.d", ignore_errors=True)
    (box / "etc/apt/sources.list").unlink(missing_ok=True)
    apt = Path("/etc/apt")
    lent = [*apt.glob("sources.list"), *apt.glob("sources.list.d/*.sources"), *apt.glob("sources.list.d/*.list")]
    lent += [path for path in apt.glob("apt.conf.d/*") if re.search(r"^Acquire::(https?|Check|Retries)", path.read_text(), re.MULTILINE)]
    lent += [Path(path).expanduser() for path in SETTINGS]
    lent += [Path("/usr/local/share/ca-certificates"), Path("/etc/ssl/certs/ca-certificates.crt")]
    for path in filter(Path.exists, lent):
        there = box / path.relative_to("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, there, dirs_exist_ok=True)
        else:
            shutil.copy(path, there)


def main(halves: Sequence[str]) -> int:
    """Run the wanted halves; both without arguments."""
    known = {"demo": demo, "tests": tests}
    if unknown := set(halves) - known.keys():
        print(f"half {', '.join(sorted(unknown))} is unknown: must be demo or tests", file=sys.stderr)
        return 2
    if os.getuid() != 0 or shutil.which("debootstrap") is None:
        print("this needs root and debootstrap (`apt-get install debootstrap`)", file=sys.stderr)
        return 2
    try:
        make_base()
        for name in halves or known:
            box = Box(f"fresh-{name}")
            box.errors.unlink(missing_ok=True)
            known[name](box)
            shutil.rmtree(box.path)
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
