"""The settings of every test run, however pytest was started: with make, without it, on one folder, on two cores.

They are set before torch is loaded, and handed on to the second core and to the lessons' kernels.
"""
import os
import signal
import sys

os.environ.setdefault("PYTHONHASHSEED", "0")  # sets keep one order in what a lesson prints
os.environ.setdefault("TQDM_DISABLE", "1")  # a progress line is no output
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two cores, two processes: more threads would only wait for each other

# Where Python is told to keep no bytecode, each lesson and each command would compile torch anew, for 4 s.
os.environ["PYTHONDONTWRITEBYTECODE"] = ""
sys.dont_write_bytecode = False
for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):  # else large tensors go back to the system at once,
    os.environ.setdefault(name, str(2**30))  # and getting them anew takes longer than what is done with them

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a script, behind &; some tests press Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
