"""Keeps pytest out of this folder: its modules import what only `make bench` installs."""

collect_ignore_glob = ["*.py", "peers/*.py"]
