"""Lets Theano 1.0.5, Lasagne 0.1 and Fuel 0.2 run, as they are, on today's Python and NumPy.

``ift6266/__init__.py`` imports it before anything else of the package.  It imports none of the
three itself, so it costs no time: :mod:`.importing` acts when they are imported, and gives their
modules, and no others, stand-ins for what Python and NumPy had once.  What each library needs is in
the module of its name.
"""

from ift6266.compat import cache, fuel, importing, lasagne, numpy, python, settings, theano

importing.install(python, numpy, settings, cache, theano, lasagne, fuel)
settings.apply()
