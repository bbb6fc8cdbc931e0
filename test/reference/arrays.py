"""Arrays as NumPy writes them. Writes fixtures/arrays.json (an npz file in base64, and its values)."""

import base64
import io
import json
import pathlib

import numpy as np

out = pathlib.Path(__file__).parent / "fixtures" / "arrays.json"
arrays = {
    "f4": np.array([[1.5, -2.25], [3.0, 1e-7]], "<f4"),
    "f8": np.array(np.pi),
    "f2": np.array([0.5, -1.0, 65504.0], "<f2"),
    "i8": np.array([[-3], [2**31 - 1]], "<i8"),
    "big": np.array([1, 2, 258], ">i4"),
    "u1": np.array([0, 255], "u1"),
    "yes": np.array([True, False]),
    "fortran": np.asfortranarray(np.arange(6, dtype="<f4").reshape(2, 3)),
}
npz = io.BytesIO()
np.savez_compressed(npz, **arrays)
result = {"from": f"NumPy {np.__version__}", "npz": base64.b64encode(npz.getvalue()).decode(), "values": {k: {"shape": list(v.shape), "data": v.astype(float).flatten().tolist()} for k, v in arrays.items()}}
out.write_text(json.dumps(result) + "\n")
