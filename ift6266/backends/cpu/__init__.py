"""Theano on CPUs: kernels of our own for what convolutional networks are made of.

Scripts may still ask for it by the name of the library that it began with, oneDNN.  Measured layer
by layer on processors with AVX2, indirect convolution (Dukhan 2019) was faster than oneDNN 3.2, and
it needs no package.

Where the processor has AMX, convolutions of many numbers run on its tiles, and a float32 is
three bfloat16 there.  These kernels are tested by imitated tiles.
"""
