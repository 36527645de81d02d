"""A Python beside the running product that stays: what a run makes and reads costs no start of its own.

As a command (`python -m tests.faults.console`) it is that Python: a line of JSON names a function of seeds.py and its
arguments, a line of JSON is what it returns.
"""

import json
import subprocess
import sys
from typing import Any

MARK = "FAULTS_CONSOLE"  # in the environment: this process is not one of the product


class Console:
    def __init__(self, root: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.faults.console"],
            cwd=root,
            env=environment | {MARK: "yes", "LOG_LEVEL": "ERROR"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, name: str, *arguments: object) -> Any:
        """What a function of seeds.py returns. Raises RuntimeError."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([name, arguments]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "it has ended"}')
        if "error" in answer:
            raise RuntimeError(f"{name}: {answer['error']}")
        return answer["value"]

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)


def main() -> None:
    import django

    django.setup()
    from django.db import connection

    from tests.faults import seeds

    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer = {"value": getattr(seeds, name)(*arguments)}
        except Exception as error:
            answer = {"error": repr(error)}
        connection.close()  # the file of the database may be another one at the next call
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
