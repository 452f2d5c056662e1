"""Installs the package; python -m ift6266.compat then installs Theano, Lasagne and Fuel.

Plain pip cannot build those three any more.  ``requirements*.txt`` pin one release of everything.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup

VERSION = re.search(r"__version__ = '(.+)'", Path('ift6266/__init__.py').read_text()).group(1)

setup(
    name='ift6266',
    version=VERSION,
    description='Conditional image generation: inpainting with MSCOCO, in Theano and Lasagne',
    license='BSD-3-Clause',
    packages=find_packages(include=['ift6266', 'ift6266.*']),
    package_data={
        'ift6266.compat': ['building/*.py', '*.txt'],
        'ift6266.backends.cpu': ['kernels/*.cpp', 'kernels/*.h'],
        'ift6266.evaluation': ['*.npz'],
        'ift6266.models': ['*/*.npz', '*/*.json*', '*/*.md'],
        'ift6266.page': ['static/*'],
    },
    python_requires='>=3.11,<3.15',
    install_requires=[
        'numpy>=2.0',
        'scipy>=1.13',
        'h5py>=3.11',
        'pillow>=10',
        'tqdm>=4.60',
        'matplotlib>=3.9',
        'scikit-image>=0.24',
        'scikit-learn>=1.5',
    ],
    extras_require={
        'xla': ['jax>=0.10.2,<0.13'],
        'page': ['starlette>=0.49', 'uvicorn>=0.30'],
        'captions': ["gensim>=4.4 ; python_version < '3.14'", 'wordfreq>=3.1'],
        'test': [
            'pynose>=1.5',
            'nbclient>=0.10',
            'ipykernel>=6',
            'ruff>=0.17',
            'setuptools>=77',
            'httpx2>=2',
            'selenium>=4.20',
        ],
        'benchmark': ['torch>=2.13'],
    },
)
