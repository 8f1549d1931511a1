"""``python -m apps.ops.probe URL``: exit 0 where the address answers 200, for health checks.

An image without a shell's tools has this instead of curl.
"""

import sys
import urllib.error
import urllib.request

PATIENCE_S = 6


def main(arguments: list[str]) -> int:
    (url,) = arguments
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return 0 if answer.status == 200 else 1
    except urllib.error.HTTPError as refused:
        # Whoever looks at the container's health reads what is missing.
        sys.stderr.write(f"{refused.code}: {refused.read(500).decode(errors='replace')}\n")
    except OSError as trouble:
        sys.stderr.write(f"No answer: {trouble}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
