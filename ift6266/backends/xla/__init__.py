"""Theano graphs run by XLA, the compiler below JAX: on CPUs, GPUs and TPUs.

Theano rewrites a graph as far as numerical stability asks for, and a linker hands it to JAX
whole, as one function.  No C compiler is needed.
"""
