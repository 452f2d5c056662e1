"""Pictures in: downloaders and converters (one HDF5 schema), data sets, transformers, streams."""
