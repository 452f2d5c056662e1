"""The environment variables as they were when this was imported.

To be imported before ``ift6266``, which changes them for Theano's sake: PyTorch must run as its
users run it.
"""

import os

ENVIRONMENT = dict(os.environ)
