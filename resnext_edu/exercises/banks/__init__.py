"""The questions of the lessons: a file for each lesson, in the order in which the lesson asks them."""
