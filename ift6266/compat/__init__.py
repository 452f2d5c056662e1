"""Lets Theano 1.0.5, Lasagne 0.1 and Fuel 0.2 run, as they are, on today's Python and NumPy.

Imported by ``ift6266/__init__.py`` before anything else of the package.  It imports none of the
three itself, so it costs no time: :mod:`.importing` waits for their imports, and shows their
modules, and nobody else's, the Python and the NumPy of their time.  What each library needs is in
the module of its name.
"""

from ift6266.compat import fuel, importing, lasagne, numpy, python, settings, theano

importing.install(
    stand_ins=[python, numpy, theano, lasagne, fuel],
    sources=[theano],
    changes=[theano, lasagne, fuel],
)
settings.apply()
