"""The questions of the lessons, a file each, in the order of the lesson."""
