"""Networks from the files that people have: PyTorch, Keras, ONNX. Nothing in a file is ever executed."""
