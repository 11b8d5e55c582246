"""Orders in documents beside ordinary wishes: what a model that obeys all it reads can do, and what waits."""

import sys
from pathlib import Path

# The other measurements are scripts, which find one another beside them.
sys.path.append(str(Path(__file__).parents[1]))
