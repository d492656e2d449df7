"""`python -m hefu` is the `hefu` command."""

from hefu.cli.main import main

if __name__ == "__main__":
    main()
