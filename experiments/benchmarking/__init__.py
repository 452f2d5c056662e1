"""The parts of benchmark.py.

What is timed is in ``ours`` and ``pytorch``, on the same ``minibatches``, each in a
``process`` that ``server`` runs in; ``measure``, ``rows`` and ``pairs`` time it and compare;
``flops`` counts what is computed, ``others`` the time of other programs.
"""
