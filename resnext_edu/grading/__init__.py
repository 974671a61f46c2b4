"""Students' notebooks, graded: what each has answered, and what the class has misunderstood.

An answer that is written out is read from its cell. The others are run again, each by itself, behind `walls`, by a
process that hands out nothing but data (`carried`); they are judged in another one, in which no student's code has run.
`whole_class` is where it begins.
"""
from resnext_edu.grading.pages import all_pages
from resnext_edu.grading.school_class import SchoolClass
from resnext_edu.grading.whole_class import grade

__all__ = ["SchoolClass", "all_pages", "grade"]
