"""Run type checkers on two user programs: `python -m tests.typing.check`, a part of `make types`.

mypy (strict) and pyright must find no error in user.py, and in wrong.py exactly the lines that end with
`# error`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
FILES = [FOLDER / "user.py", FOLDER / "wrong.py"]
MARK = "# error"


def run(checker: str, *options: str) -> str:
    """Run a checker on the files and return what it prints; exit if it fails to run."""
    command = [sys.executable, "-m", checker, *options, *map(str, FILES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{checker} did not run: {done.stdout}{done.stderr}")
    return done.stdout


def mypy() -> Iterator[tuple[str, int, str]]:
    """File name, line and message of each error that mypy reports."""
    printed = run("mypy", "--strict", "--no-pretty", "--hide-error-context")
    for path, line, message in re.findall(r"^([^\n:]+):(\d+): error: (.*)$", printed, re.MULTILINE):
        yield Path(path).name, int(line), message


def pyright() -> Iterator[tuple[str, int, str]]:
    """File name, line and message of each error that pyright reports."""
    printed = run("pyright", "--outputjson", "--pythonpath", sys.executable)
    for found in json.loads(printed)["generalDiagnostics"]:
        if found["severity"] == "error":
            yield Path(found["file"]).name, found["range"]["start"]["line"] + 1, found["message"]


def marked() -> set[tuple[str, int]]:
    """File name and line of each line with an expected error."""
    return {
        (path.name, number)
        for path in FILES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if line.endswith(MARK)
    }


def main() -> int:
    """Run both checkers and print what differs from what is expected; returns the exit status."""
    expected, wrong = marked(), 0
    for checker in (mypy, pyright):
        found = {(name, line): message for name, line, message in checker()}
        for place in sorted(found.keys() ^ expected):
            wrong += 1
            name, line = place
            print(f"{checker.__name__}: {name}:{line}: {found.get(place, 'no error, and one is expected')}")
    print(
        f"{wrong} differences"
        if wrong
        else f"mypy and pyright: {len(expected)} mistakes found, no other error"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
