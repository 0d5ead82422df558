"""`python -m holograd` is the command `holograd`."""

from holograd.cli import main

if __name__ == "__main__":
    main()
