"""What the libraries' ``setup.py`` use that Python 3.12 has removed.

Python runs a module of this name as it starts; :mod:`ift6266.compat.__main__` puts it on the path
of the processes that build Theano, and of no others.
"""

import configparser


def readfp(self, file, filename=None):
    self.read_file(file, filename)


# Theano's versioneer.py reads setup.cfg by these names of Python 2.
if not hasattr(configparser, 'SafeConfigParser'):
    configparser.SafeConfigParser = configparser.ConfigParser
    configparser.RawConfigParser.readfp = readfp
