"""Students' notebooks, graded: what each has answered, and what the class has misunderstood.

A notebook's answers are run again, behind `walls`, by a process that hands out nothing but data (`carried`); they are
judged in another one, in which no student's code has run. `grade` is where it begins.
"""
from resnext_edu.grading.grade import grade
from resnext_edu.grading.pages import all_pages
from resnext_edu.grading.school_class import SchoolClass

__all__ = ["SchoolClass", "all_pages", "grade"]
