"`python -m mnist_sgd` is the command `mnist_sgd`"
import sys

from .cli import main

sys.exit(main())
