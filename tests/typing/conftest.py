"""Programs for type checkers are no tests: user.py is run by one, wrong.py never."""

collect_ignore = ["user.py", "wrong.py"]
