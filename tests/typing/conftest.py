"""Do not collect the programs for type checkers: a test runs user.py, and nothing runs wrong.py."""

collect_ignore = ["user.py", "wrong.py"]
