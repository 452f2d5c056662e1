"""What the libraries' ``setup.py`` ask of Python 3.12 and later, which no longer has it.

Python runs a module of this name before all else; :mod:`ift6266.compat.__main__` puts it on the
path of those that build Theano, and of no others.
"""

import configparser


def readfp(self, file, filename=None):
    self.read_file(file, filename)


# Theano's versioneer.py reads setup.cfg by these names of Python 2.
if not hasattr(configparser, 'SafeConfigParser'):
    configparser.SafeConfigParser = configparser.ConfigParser
    configparser.RawConfigParser.readfp = readfp
