"""What `python -m resnext_edu` runs."""
import sys

from resnext_edu.cli import main

if __name__ == "__main__":
    sys.exit(main())
