"""`bash tests/long.sh devices`: ESPHome judges the configurations of deploy/devices, and makes their programs' source. Not a timed test.

ESPHome is no dependency of ours: it is taken from PATH, else installed into .long/esphome, which stays for the next time.
"""

import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECRETS = {"wifi_ssid": "hall", "wifi_password": "of the hall", "ota_password": "ota", "broker": "192.0.2.1", "mqtt_password": "secret"}


def esphome() -> str:
    """Return the command."""
    found = shutil.which("esphome")
    if found:
        return found
    home = ROOT / ".long/esphome"
    command = home / "bin/esphome"
    if not command.exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin/pip", "install", "--quiet", "esphome"], check=True)
    return str(command)


def main() -> int:
    """Return how many were refused."""
    command, refused = esphome(), 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "secrets.yaml").write_text("".join(f"{key}: {value}\n" for key, value in SECRETS.items()), encoding="utf-8")
        for path in sorted((ROOT / "deploy/devices").glob("*.yaml")):
            shutil.copy(path, place)
            for step in (["config"], ["compile", "--only-generate"]):
                done = subprocess.run([command, *step, path.name], cwd=place, capture_output=True, text=True, check=False)
                print(f"{path.name} {step[0]}: {'good' if done.returncode == 0 else 'REFUSED'}")
                if done.returncode:
                    print(done.stdout[-2000:], done.stderr[-2000:])
                    refused += 1
    return refused


if __name__ == "__main__":
    sys.exit(main())
