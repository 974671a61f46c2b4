"""More of them: cells that would speak for other cells, and answers that a slip of the hand has hidden."""
from tests.grading.broken import ALL_RIGHT, EMPTY, NOT_RUN, REST, RIGHT, WRONG, answered, cells, code, first, with_cells

TRUE = "TRUE = {'channels_a_path_reads': 256, 'same_numbers': 'most digits', 'channels_that_miss_a_path': 256, 'weights_of_32_paths': 'fewer'}\n"
ALL_WRONG = {"channels_a_path_reads": "4", "same_numbers": "'noth' + 'ing'", "channels_that_miss_a_path": "2 + 2", "weights_of_32_paths": "['more'][0]"}
assert ALL_WRONG.keys() == ALL_RIGHT.keys()
SAY = TRUE + """
import json, os
def say(*names):
    for pipe in range(3, 64):
        for name in names:
            try:
                os.write(pipe, ("\\n" + json.dumps({"question": name, "value": TRUE[name]}) + "\\n").encode())
            except OSError:
                pass
"""
SAY_FOR_ITSELF = SAY + """
say("channels_a_path_reads")
os._exit(0)
channels_a_path_reads = 4
"""
SAY_FOR_ALL = SAY + """
say(*TRUE)
os.write(3, b'{"ended": true}\\n')
os._exit(0)
"""
SAY_WITH_THE_PIPE_OF_ITS_PARENT = TRUE + """
import json, os, time
try:
    pipe = os.open(f"/proc/{os.getppid()}/fd/3", os.O_WRONLY)
    for name, value in TRUE.items():
        os.write(pipe, (json.dumps({"question": name, "value": value}) + "\\n").encode())
    os.write(pipe, b'{"ended": true}\\n')
    time.sleep(0.3)
except OSError:
    pass
"""
EVAL_FOR_ALL = TRUE + """
import builtins
def forged(code, names=None):
    return TRUE[code.co_names[0]] if getattr(code, "co_names", ()) else 256
builtins.eval = forged
"""
STAY = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(0)
channels_a_path_reads = int("256")
"""
DEAF = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True: pass
"""


def all_wrong(source, *, above=False):
    """Wrong answers; this code stands in the cell of the first one, or in a cell of its own above all."""
    notebook = cells(answered(**ALL_WRONG))
    if above:
        return with_cells([code(source), *notebook])
    for cell in notebook:
        if "exercise:channels_a_path_reads" in cell["metadata"].get("tags", ()):
            cell["source"] = f"{source}\nchannels_a_path_reads = int('4')"  # so that it has to run
    return with_cells(notebook)


def turned_into(kind):
    """M or R was pressed in the cell of the first answer."""
    notebook = cells(answered())
    for cell in notebook:
        if "exercise:channels_a_path_reads" in cell["metadata"].get("tags", ()):
            cell["cell_type"] = kind
    return with_cells(notebook)


MORE = {  # as in `NOTEBOOKS`
    "says_it_for_itself": (lambda: first(SAY_FOR_ITSELF), [WRONG, *REST]),
    "says_it_for_all": (lambda: all_wrong(SAY_FOR_ALL), [NOT_RUN, WRONG, WRONG, WRONG]),
    "says_it_through_its_parent": (lambda: all_wrong(SAY_WITH_THE_PIPE_OF_ITS_PARENT), [WRONG] * 4),
    "evaluates_for_all": (lambda: all_wrong(EVAL_FOR_ALL + "TRUE['channels_a_path_reads'] = 4"), [WRONG] * 4),
    "check_replaced": (lambda: all_wrong("class check:\n    same_numbers = lambda *_: 'right'", above=True), [WRONG] * 4),
    "star_import_before_all": (lambda: with_cells([code("from math import *\n" + EVAL_FOR_ALL), *cells(answered(**{
        **ALL_WRONG, "same_numbers": "'nothing'", "channels_that_miss_a_path": "4", "weights_of_32_paths": "'more'"}))]), [WRONG] * 4),
    "stays": (lambda: first(STAY), [RIGHT, *REST]),
    "deaf": (lambda: first(DEAF), [NOT_RUN, *REST]),
    "timed": (lambda: first("%%time\nchannels_a_path_reads = int('256')"), [RIGHT, *REST]),
    "captured": (lambda: first("%%capture out\nchannels_a_path_reads = int('256')"), [RIGHT, *REST]),
    "timed_line": (lambda: first("%time channels_a_path_reads = int('256')"), [RIGHT, *REST]),
    "long_shell_line": (lambda: first("!pip install \\\n   something\nchannels_a_path_reads = int('256')"), [RIGHT, *REST]),
    "other_shell": (lambda: first("%%bash\nrm -rf ~"), [EMPTY, *REST]),
    "beside_other_lines": (lambda: first("get_ipython().run_line_magic('matplotlib', 'inline')\nchannels_a_path_reads = 256\nchannels_a_path_reads"), [RIGHT, *REST]),
    "changed_afterwards": (lambda: first("channels_a_path_reads = 256\nchannels_a_path_reads -= 252"), [WRONG, *REST]),
    "prose": (lambda: turned_into("markdown"), [RIGHT, *REST]),
    "raw": (lambda: turned_into("raw"), [RIGHT, *REST]),
    "dots_deleted": (lambda: first("channels_a_path_reads =  # how many?"), [EMPTY, *REST]),
    "only_the_name": (lambda: first("channels_a_path_reads"), [EMPTY, *REST]),
    "only_a_comment": (lambda: first("# channels_a_path_reads = 256"), [EMPTY, *REST]),
    "same_letters": (lambda: first("\N{FULLWIDTH LATIN SMALL LETTER C}hannels_a_path_reads = 256"), [RIGHT, *REST]),
    "second_thoughts": (lambda: with_cells([*cells(answered()), code("channels_a_path_reads = 4")]), [WRONG, *REST]),
    "huge_saved_output": (lambda: with_cells([*cells(answered()), code("1", outputs=[
        {"output_type": "stream", "name": "stdout", "text": ["x" * 1_000_000] * 20}])]), [RIGHT, *REST]),
}
