"""Start a server that outlives whoever asked for it; run as a script, prints the server's pid.

The server becomes a child of init: no test run, shell or supervisor has to stay for it, and none
is left with a zombie. It is a script because forking a process that has threads is unsafe.
"""

import json
import os
import subprocess
import sys


def main() -> None:
    job = json.loads(sys.argv[1])
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    identity = {}
    if job["user"] is not None:
        identity = {"user": job["user"], "group": job["group"], "extra_groups": []}
    server = subprocess.Popen(
        job["command"],
        cwd=job["cwd"],
        env=job["env"],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        **identity,
    )
    sys.stdout.write(str(server.pid))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
