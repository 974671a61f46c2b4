"""Other people's networks: is this ResNeXt right, and if not, what is different?

`plan` is a network as data, `plan_changes` has what can be changed in it, and `departures` are the known mistakes as
such changes. `totals` finds those of all `variants` which give the numbers that were `asked` for. A trace is put into
`plain_rows`; `levels` and `read_block` read its parts, and `rows_to_plan` makes a plan of them. `naming` tells how the
plan differs from the paper's, `row_by_row` holds every row against its price, and `of_the_function` has what no count
can see (in the words of `texts`), with `hearing` for what only a run can tell and `two_steps` for a 3×3 in two layers.
`beside_the_paper` puts it together into what was `examined`. `adopting` takes their weights.
"""
from resnext_edu.examination.adopting import adopt
from resnext_edu.examination.beside_the_paper import examine
from resnext_edu.examination.departures import DEPARTURES, Departure
from resnext_edu.examination.examined import Examination, FoundDeparture
from resnext_edu.examination.totals import Explanation, Readings, examine_totals

__all__ = ["DEPARTURES", "Departure", "Examination", "Explanation", "FoundDeparture", "Readings", "adopt",
           "examine", "examine_totals"]
