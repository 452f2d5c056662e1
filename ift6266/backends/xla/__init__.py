"""Theano graphs run by XLA, the compiler below JAX: on CPUs, GPUs and TPUs.

Theano rewrites a graph as far as numerical stability needs it, and a linker gives it to JAX as one
function.  No C compiler is needed.
"""
