"""What keeps somebody else's code from the rest of the computer, as far as the system has it.

On Linux a process can give up the network, see only its own children, find every disk read-only, and have an empty
folder that vanishes with it. No privileges are needed where unprivileged user namespaces are allowed (`unshare -r` says
so); many containers do not allow them. The limits of time, memory and files are there on macOS, too.
"""
import ctypes
import os
import resource
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

NEW_USER, NEW_PROCESSES, NEW_NETWORK, NEW_MOUNTS, NEW_IPC = 0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x08000000
PRIVATE, READ_ONLY = 0x44000, 1  # MS_REC | MS_PRIVATE; MS_RDONLY and MOUNT_ATTR_RDONLY
MOUNT_SETATTR, HERE, RECURSIVE = 442, -100, 0x8000
DIES_WITH_PARENT, HAS_A_CORE, NO_NEW_PRIVILEGES, CAPABILITIES = 1, 4, 38, 0x20080522
MEBI = 2 ** 20
MOST_OF_A_FILE = 64 * MEBI


def _call(name: str, *arguments: object) -> bool:
    """Call a function of the C library; whether it worked."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    return bool(getattr(library, name)(*arguments) == 0)


def unshare(*what: int) -> bool:
    """Leave what is shared with the other processes; whether that is allowed.

    Parameters
    ----------
    what : int
        Such as `NEW_NETWORK`; all of them or none.
    """
    return _call("unshare", sum(what))


def own_processes() -> bool:
    """From now on, children of this process see and stop only each other, and end with the first of them.

    Returns
    -------
    bool
        Whether the system allows it.
    """
    user, group = os.getuid(), os.getgid()
    if unshare(NEW_USER, NEW_PROCESSES):
        with suppress(OSError):
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        return True
    return unshare(NEW_PROCESSES)


def shut_in(home: Path, hidden: Sequence[Path], memory: int, seconds: int) -> tuple[str, ...]:
    """Take from this process all that an answer does not need.

    Parameters
    ----------
    home : Path
        An empty folder, in which it may write.
    hidden : sequence of Path
        Folders that it must not see into.
    memory : int
        How many MiB it may ask for beyond what it has.
    seconds : int
        Of computing.

    Returns
    -------
    tuple of str
        The walls that stand: of "network" and "disks".
    """
    walls = ["network"] if unshare(NEW_NETWORK, NEW_IPC) else []
    if unshare(NEW_MOUNTS) and _mounts(home, hidden):
        walls.append("disks")
    os.chdir(home)
    path = os.environ.get("PATH", os.defpath)
    os.environ.clear()
    os.environ.update(PATH=path, HOME=str(home), TMPDIR=str(home), MPLBACKEND="Agg", MPLCONFIGDIR=str(home),
                      LANG="C.UTF-8", TQDM_DISABLE="1", OMP_NUM_THREADS="1")
    _limit(memory, seconds)
    _call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call("prctl", HAS_A_CORE, 0, 0, 0, 0)  # so that its children can't look into it, or use its pipe
    header, nothing = struct.pack("Ii", CAPABILITIES, 0), bytes(24)
    _call("capset", header, nothing)  # it had them in its own namespace only, and has no use for them
    return tuple(walls)


def _mounts(home: Path, hidden: Sequence[Path]) -> bool:
    """Make all disks read-only, for this process alone."""
    attributes = struct.pack("QQQQ", READ_ONLY, 0, 0, 0)
    if not _call("mount", None, b"/", None, PRIVATE, None):
        return False
    done = _call("syscall", MOUNT_SETATTR, HERE, b"/", RECURSIVE, attributes, len(attributes))
    done &= _call("mount", b"tmpfs", bytes(home), b"tmpfs", 0, b"size=64m")
    for folder in hidden:
        _call("mount", b"tmpfs", bytes(folder), b"tmpfs", READ_ONLY, b"size=4k")
    _call("mount", b"proc", b"/proc", b"proc", 0, None)  # where only its own processes are
    return done


def _limit(memory: int, seconds: int) -> None:
    has = 0
    with suppress(OSError):  # not on macOS, which does not hold to this limit anyway
        has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_FSIZE: MOST_OF_A_FILE, resource.RLIMIT_CORE: 0}
    if has:
        limits[resource.RLIMIT_AS] = has + memory * MEBI
    for which, most in limits.items():
        with suppress(ValueError, OSError):  # the teacher's own limit is lower
            resource.setrlimit(which, (most, most))


def end_with_parent() -> None:
    """Have the system end this process as soon as its parent is gone."""
    _call("prctl", DIES_WITH_PARENT, 9, 0, 0, 0)
