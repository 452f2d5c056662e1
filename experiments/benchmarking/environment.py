"""The environment variables as they were when this was imported.

To be imported before ``ift6266``, which changes them for Theano's sake: PyTorch must run as its
users run it.
"""

import os

ENVIRONMENT = dict(os.environ)
# Of a process that times calls: where PyTorch computes, 'cpu' or 'cuda'.
DEVICE = os.environ.get('BENCHMARK_DEVICE', 'cpu')
