"""Where the sources come from and which time counts as that of the build: from the environment or from git, never from the clock."""
import dataclasses
import os
import subprocess
import time

from programs import ROOT


class OriginError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Origin:
    epoch: int             # seconds since 1970
    revision: str | None   # the commit; with "-dirty" behind it when files differ from it
    source: str | None     # where the sources can be had

    @property
    def created(self):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.epoch))


def git(*arguments):
    """What git prints; None where it, or the history, is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def revision_of_git():
    commit = git("rev-parse", "HEAD")
    if commit is None:
        return None
    return commit if git("diff", "--quiet", "HEAD") is not None else commit + "-dirty"


def find():
    """SOURCE_DATE_EPOCH (reproducible-builds.org), else the time of the commit; REVISION, else the commit; SOURCE, else unknown."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct")
    if epoch is None:
        raise OriginError("there is no git history here to take the time of the sources from: set SOURCE_DATE_EPOCH (seconds since 1970)")
    if not epoch.isascii() or not epoch.isdigit() or int(epoch) > 253402300799:
        raise OriginError(f"SOURCE_DATE_EPOCH is {epoch!r}, which is no number of seconds since 1970")
    return Origin(int(epoch), os.environ.get("REVISION") or revision_of_git(), os.environ.get("SOURCE") or None)
