"""`python -m nlptools`."""

from nlptools.cli import main

if __name__ == "__main__":
    main()
