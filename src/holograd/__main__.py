"""`python -m holograd` is the command `holograd`."""

import sys


def main() -> None:
    """Runs the command line; Ctrl-C ends it without a traceback while it is still imported too."""
    try:
        from holograd.cli import main as command
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    command()


if __name__ == "__main__":
    main()
