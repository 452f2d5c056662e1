"""Installs the package; ``requirements.txt`` pins what it stands on."""
from setuptools import find_packages, setup

setup(
    name='ift6266',
    version='0.1.0',
    description='Conditional image generation: inpainting with MSCOCO, in Theano and Lasagne',
    packages=find_packages(include=['ift6266', 'ift6266.*']),
    package_data={'ift6266.backends.onednn': ['kernels/*.cpp', 'kernels/*.h'],
                  'ift6266.models': ['*/*.npz', '*/*.json*', '*/*.md']},
    python_requires='>=3.8,<3.12',
    install_requires=['Theano==1.0.5', 'Lasagne==0.1', 'fuel==0.2.0', 'numpy==1.23.5',
                      'scipy==1.10.1', 'h5py==3.10.0', 'pillow==10.4.0', 'tqdm==4.70.1',
                      'matplotlib==3.7.5', 'scikit-image==0.21.0', 'scikit-learn==1.3.2',
                      'gensim==4.3.3', 'wordfreq==3.1.1'],
)
