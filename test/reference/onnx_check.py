"""Runs exported ONNX models in ONNX Runtime and compares them with our own outputs.

    python3 test/reference/onnx_check.py FOLDER

For each NAME.onnx in FOLDER there are NAME.in0.npy, NAME.in1.npy … (the inputs) and NAME.out.npy (our first output).
Needs the packages onnx and onnxruntime; exits with 1 when an output is further off than 1e-4 of its greatest value.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

failed = False
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    if path.stat().st_size < 150e6:
        onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feed = {i.name: np.load(path.with_suffix(f".in{k}.npy")) for k, i in enumerate(session.get_inputs())}
    theirs = session.run(None, feed)[0]
    ours = np.load(path.with_suffix(".out.npy"))
    distance = float(np.abs(theirs - ours).max())
    good = distance <= 1e-4 * max(1.0, float(np.abs(ours).max()))
    failed = failed or not good
    print(f"{path.stem}: {theirs.shape}, greatest distance {distance:.2e}{'' if good else '  TOO FAR'}")
sys.exit(1 if failed else 0)
