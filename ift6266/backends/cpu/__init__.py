"""Theano on CPUs: kernels for the operations of convolutional networks.

Scripts also take its older name, onednn, of the library that it began with.  Layer by layer, on
processors with AVX2, indirect convolution (Dukhan 2019) was measured to be faster than oneDNN 3.2,
and it needs no package.

Where the processor has AMX, large convolutions run on its tiles, where a float32 is the sum of
three bfloat16.  Tests emulate the tiles.
"""
