"""Runs the program of an unpacked image as a container would: its root file system and no other, read-only, as the image's user. Needs root."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
USER = 65532


class Container:
    """An image unpacked into a folder, into which a test may put files before it runs anything."""

    def __init__(self, layout, folder):
        subprocess.run([ROOT / "tools/image/unpack", layout, folder], check=True, timeout=60)
        self.root = folder

    def command(self, program, *arguments):
        """In a mount namespace of its own, which goes away with the program."""
        enter = f'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec chroot --userspec={USER}:{USER} --groups= "$0" "$@"'
        return ["unshare", "--mount", "sh", "-c", enter, self.root, f"/usr/bin/{program}", *arguments]

    def run(self, program, *arguments):
        return subprocess.run(self.command(program, *arguments), env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}, capture_output=True, text=True, timeout=60)

    def start(self, log, program, *arguments):
        return subprocess.Popen(self.command(program, *arguments), env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}, stdout=subprocess.DEVNULL, stderr=log)
