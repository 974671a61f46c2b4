"""Other people's networks: which known mistakes explain what they have, to the last unit.

`plan` is a network as data, `departures` are the mistakes as changes of it, and `totals` finds those which give some
numbers.
"""
from resnext_edu.examination.departures import DEPARTURES, Departure
from resnext_edu.examination.totals import Explanation, Readings, examine_totals

__all__ = ["DEPARTURES", "Departure", "Explanation", "Readings", "examine_totals"]
