"""What painted pictures are worth: metrics, fills to compare with, whole splits.

A way of painting is a function from a minibatch to pictures, (batch, 3, 64, 64) in [0, 1], which
are the minibatch's outside of its holes.  A minibatch is a dict by source: ``context``, ``mask``,
``picture``, and ``caption`` for those who paint by it, as
:func:`ift6266.data.streams.evaluation_stream` gives them.
"""

from collections.abc import Callable

import numpy as np

Minibatch = dict[str, np.ndarray]
Paint = Callable[[Minibatch], np.ndarray]
