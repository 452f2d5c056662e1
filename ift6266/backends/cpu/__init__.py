"""Theano on CPUs: kernels of our own for what convolutional networks are made of.

The backend has the name of the library that it began with.  Measured layer by layer, indirect
convolution (Dukhan 2019) was faster than oneDNN 3.2 on processors with AVX2, and needs no
package; so oneDNN is not in it any more.

Where the processor has AMX, convolutions of many numbers run on its tiles, and a float32 is
three bfloat16 there.  These kernels are tested by imitated tiles.
"""
