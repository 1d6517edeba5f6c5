"""`python -m tieout` is `tieout`."""

from tieout.cli.main import main

if __name__ == "__main__":
    main()
