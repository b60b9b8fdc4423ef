#!/usr/bin/python3
"""Makes fashion-mnist-mobilenetv2-128.npz from fashion-mnist-mobilenetv2.npz: fashion-mnist-mobilenetv2-128.py IN OUT

The 576 features of each image (see fashion-mnist.yaml) are centred by the mean of the training rows and turned onto the
128 leading principal components of the training rows, each with its largest entry positive. One scale for all columns
brings the largest magnitude of the training rows to 127; values are rounded to int8, test values beyond are clipped. One
scale keeps distances and angles; a scale for each column would not. Divided by 22.476358 (`divide` in fashion-mnist.yaml)
the values are those of the components again. Sums are in float64; another BLAS may round a few values to the neighbour,
so the checksum in fashion-mnist.yaml is that of the file here, not of any run of this script.
"""
import sys
import numpy as np

d = np.load(sys.argv[1])
train, test = d["train"].astype(np.float64), d["test"].astype(np.float64)
mean = train.mean(axis=0)
variance, v = np.linalg.eigh((train - mean).T @ (train - mean) / len(train))
v = v[:, ::-1][:, :128]
v = v * np.sign(v[np.abs(v).argmax(axis=0), np.arange(128)])
train, test = (train - mean) @ v, (test - mean) @ v
scale = 127 / np.abs(train).max()
print("scale %.6f, variance kept %.4f" % (scale, variance[-128:].sum() / variance.sum()))
np.savez_compressed(sys.argv[2], train=np.round(train * scale).astype(np.int8),
                    test=np.clip(np.round(test * scale), -127, 127).astype(np.int8),
                    train_labels=d["train_labels"].astype(np.uint8), test_labels=d["test_labels"].astype(np.uint8))
