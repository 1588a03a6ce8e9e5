"""The archive that a box is installed and updated from: our wheel, all it needs as wheels and Debian packages, units and settings; signed.

`kezek-edge-VERSION.edge` is a tar of three members: `MANIFEST` (text: version and the SHA-256 of the payload), `MANIFEST.sig` (Ed25519 over it) and
`payload.tar`. Whoever installs checks the signature first, then the payload, and only then runs anything of it (`install.sh`).
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "deploy/requirements.txt"
DEBIAN_PACKAGES = ("mosquitto", "mosquitto-clients", "espeak-ng", "chrony", "nftables", "openssl")
PYTHON = "3.11"
GLIBC = range(36, 16, -1)  # Debian 12 has 2.36; wheels made for older ones run there too
FOLDERS = ("systemd", "chrony", "journald")  # of deploy/, laid out on the box by edge.box
KEY = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "kezek-edge/release.key"
APT = """
APT::Architecture "{arch}"; APT::Architectures {{ "{arch}"; }};
Dir::State "{place}"; Dir::State::Lists "{place}/lists"; Dir::State::status "{place}/status";
Dir::Cache "{place}"; Dir::Cache::archives "{place}/archives";
APT::Install-Recommends "false"; APT::Sandbox::User "root";
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of machine: Debian's name for it, and that of Python's wheels."""

    debian: str
    wheels: str

    def tags(self) -> list[str]:
        """Return the platforms whose wheels run there, best first."""
        return [*(f"manylinux_2_{minor}_{self.wheels}" for minor in GLIBC), f"manylinux2014_{self.wheels}"]


MACHINES = {machine.debian: machine for machine in (Machine("amd64", "x86_64"), Machine("arm64", "aarch64"))}


def main() -> int:
    """Read the arguments, build, say where it is."""
    parser = argparse.ArgumentParser(prog="build.sh", description="Makes the archive that a box is installed and updated from.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where archive, install.sh and release.pub are put (default: dist)")
    parser.add_argument("--key", type=Path, default=KEY, help=f"the Ed25519 key to sign with; made if it is not there (default: {KEY})")
    parser.add_argument("--arch", action="append", choices=sorted(MACHINES), help="only for this kind of machine (default: all)")
    parser.add_argument("--no-debs", action="store_true", help="without Debian packages: for boxes that have them")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    machines = [MACHINES[name] for name in given.arch or sorted(MACHINES)]
    with tempfile.TemporaryDirectory(prefix=".building-", dir=given.out) as place:
        payload = Path(place) / "payload"
        version = fill(payload, machines, debs=not given.no_debs)
        archive = pack(payload, version, signing_key(given.key), given.out)
    shutil.copy(ROOT / "deploy/install.sh", given.out)
    run("openssl", "pkey", "-in", str(given.key), "-pubout", "-out", str(given.out / "release.pub"))
    print(f"{archive}: {archive.stat().st_size // 1_000_000} MB, for {' and '.join(machine.debian for machine in machines)}")
    return 0


def fill(payload: Path, machines: Sequence[Machine], *, debs: bool) -> str:
    """Put everything into the folder ``payload``; returns the version."""
    payload.mkdir()
    wheel = own_wheel(payload)
    version = wheel.name.split("-")[1]
    for machine in machines:
        say(f"wheels for {machine.debian}")
        wheelhouse(payload / "wheels" / machine.debian, machine, wheel)
        if debs:
            say(f"Debian packages for {machine.debian}")
            repository(payload / "debs" / machine.debian, machine)
    for name in FOLDERS:
        shutil.copytree(ROOT / "deploy" / name, payload / name)
    for name in ("install.sh", "edge.sh"):
        shutil.copy(ROOT / "deploy" / name, payload)
    about = {"version": version, "wheel": wheel.name, "machines": [machine.debian for machine in machines], "schema": newest_schema()}
    (payload / "release.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return version


def own_wheel(folder: Path) -> Path:
    """Build our wheel, with its assets, in an environment of its own."""
    say("our own wheel")
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("kezek_edge-*.whl"))


def newest_schema() -> int:
    """Return the number of the last migration: two releases with the same one can change places without touching the data."""
    return max(int(path.name[:4]) for path in (ROOT / "edge/store/migrations").glob("[0-9]*.sql"))


def wheelhouse(folder: Path, machine: Machine, wheel: Path) -> None:
    """Fetch every wheel in the written version, and write `requirements.txt` with the digest of each: pip takes nothing else."""
    folder.mkdir(parents=True)
    platforms = [option for tag in machine.tags() for option in ("--platform", tag)]
    python = ["--python-version", PYTHON, "--implementation", "cp", "--abi", "cp311", "--abi", "abi3", "--abi", "none"]
    pip("download", "--no-deps", "--only-binary=:all:", *platforms, *python, "--dest", str(folder), "--requirement", str(REQUIREMENTS))
    wheels = [*sorted(folder.glob("*.whl")), wheel]
    text = "".join(f"{path.name.split('-')[0].replace('_', '-')}=={path.name.split('-')[1]} --hash=sha256:{sha256(path)}\n" for path in wheels)
    (folder / "requirements.txt").write_text(text, encoding="utf-8")


def repository(folder: Path, machine: Machine) -> None:
    """Fetch the packages with all that a Debian 12 may not have, and an index, so that apt on the box takes what is missing there and no more."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="kezek-apt-") as place:
        for name in ("lists/partial", "archives/partial"):
            (Path(place) / name).mkdir(parents=True)
        (Path(place) / "status").touch()  # an empty machine: the whole closure is named
        (Path(place) / "apt.conf").write_text(APT.format(arch=machine.debian, place=place), encoding="utf-8")
        apt = {**os.environ, "APT_CONFIG": f"{place}/apt.conf"}
        run("apt-get", "-qq", "update", env=apt)
        closure = [line.split()[1].split("_")[0] for line in run("apt-get", "-qq", "--print-uris", "install", *DEBIAN_PACKAGES, env=apt).splitlines()]
        wanted = sorted(set(closure) - set(required(closure, apt)))
        run("apt-get", "-qq", "download", *wanted, env=apt, cwd=folder)
    index = "\n\n".join(described(deb) for deb in sorted(folder.glob("*.deb")))
    (folder / "Packages").write_text(index + "\n", encoding="utf-8")


def required(names: Sequence[str], apt: dict[str, str]) -> Iterator[str]:
    """Yield those without which no Debian runs at all."""
    for about in run("apt-cache", "show", "--no-all-versions", *names, env=apt).split("\n\n"):
        fields = dict(line.split(": ", 1) for line in about.splitlines() if ": " in line and not line.startswith(" "))
        if fields.get("Priority") == "required" or fields.get("Essential") == "yes":
            yield fields["Package"]


def described(deb: Path) -> str:
    """Return a package's paragraph of the index."""
    control = run("dpkg-deb", "--field", str(deb)).rstrip()
    return f"{control}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {sha256(deb)}"


def pack(payload: Path, version: str, key: Path, out: Path) -> Path:
    """Write the archive: under another name first, so that a file with the right name is whole."""
    place = payload.parent
    with tarfile.open(place / "payload.tar", "w") as tar:
        tar.add(payload, ".", filter=anonymous)
    manifest = place / "MANIFEST"
    manifest.write_text(f"kezek-edge {version}\nsha256 {sha256(place / 'payload.tar')}\n", encoding="ascii")
    run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", str(manifest), "-out", str(place / "MANIFEST.sig"))
    with tarfile.open(place / "archive", "w") as tar:
        for name in ("MANIFEST", "MANIFEST.sig", "payload.tar"):
            tar.add(place / name, name, filter=anonymous)
    return (place / "archive").rename(out / f"kezek-edge-{version}.edge")


def anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Who built it, when and with which umask says nothing on the box."""
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    info.mode = 0o755 if info.isdir() or info.name.endswith(".sh") else 0o644
    return info


def signing_key(path: Path) -> Path:
    """Return the signing key; the first time one is made."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = os.umask(0o077)
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(path))
        os.umask(before)
        say(f"made the signing key {path}: keep it safe, boxes take updates only from whoever has it")
    return path


def pip(*arguments: str) -> None:
    """Run this environment's pip."""
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments)


def run(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run a command and return what it printed. Ends with its words when it fails."""
    done = subprocess.run(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def sha256(path: Path) -> str:
    """Return a file's digest in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def say(words: str) -> None:
    """Tell what is being done, on standard error."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
