"""ResNet-18, the layers of VGG11 and a Transformer encoder layer in PyTorch, with weights made by a formula that the test
repeats (in our layout and the order of our rows). Writes fixtures/networks.json: outputs only."""

import json
import math
import pathlib

import numpy as np
import torch
from torch import nn

count = 0


def numbers(shape, kind):
    """The numbers of the next parameter, in our layout: conv kh x kw x in x out, dense in x out."""
    global count
    count += 1
    index = np.arange(int(np.prod(shape)), dtype=np.float64)
    wave = np.sin(index * 0.37 + count).reshape(shape)
    if kind == "weight":
        return wave * math.sqrt(2 / (np.prod(shape[:-1])))
    return {"bias": 0.1 * wave, "scale": 1 + 0.1 * wave, "shift": 0.1 * wave, "runningMean": 0.05 * wave, "runningVariance": 1 + 0.2 * wave * wave}[kind]


def put(parameter, array):
    with torch.no_grad():
        parameter.copy_(torch.tensor(array, dtype=torch.float32))


def conv(cin, cout, size, bias=False, **options):
    layer = nn.Conv2d(cin, cout, size, bias=bias, **options)
    put(layer.weight, numbers((size, size, cin, cout), "weight").transpose(3, 2, 0, 1))
    if bias:
        put(layer.bias, numbers((cout,), "bias"))
    return layer


def dense(cin, cout):
    layer = nn.Linear(cin, cout)
    put(layer.weight, numbers((cin, cout), "weight").T)
    put(layer.bias, numbers((cout,), "bias"))
    return layer


def bn(channels):
    layer = nn.BatchNorm2d(channels)
    put(layer.weight, numbers((channels,), "scale"))
    put(layer.bias, numbers((channels,), "shift"))
    put(layer.running_mean, numbers((channels,), "runningMean"))
    put(layer.running_var, numbers((channels,), "runningVariance"))
    return layer


def layernorm(width):
    layer = nn.LayerNorm(width)
    put(layer.weight, numbers((width,), "scale"))
    put(layer.bias, numbers((width,), "shift"))
    return layer


class Basic(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        changes = cin != cout or stride != 1
        self.skip = nn.Sequential(conv(cin, cout, 1, stride=stride), bn(cout)) if changes else nn.Identity()
        self.body = nn.Sequential(conv(cin, cout, 3, stride=stride, padding=1), bn(cout), nn.ReLU(), conv(cout, cout, 3, padding=1), bn(cout))

    def forward(self, x):
        return torch.relu(self.body(x) + self.skip(x))


def resnet18():
    layers = [conv(3, 64, 7, stride=2, padding=3), bn(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    cin = 64
    for c, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        layers += [Basic(cin, c, stride), Basic(c, c, 1)]
        cin = c
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), dense(512, 10), nn.Softmax(1))


def vgg11():
    layers = []
    cin = 3
    for n, c in [(1, 64), (1, 128), (2, 256), (2, 512), (2, 512)]:
        for _ in range(n):
            layers += [conv(cin, c, 3, bias=True, padding=1), nn.ReLU()]
            cin = c
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), dense(512, 64), nn.ReLU(), dense(64, 10), nn.Softmax(1))


class Encoder(nn.Module):
    """Post-norm, as in the paper: attention and feed-forward, each with its residual and layer norm."""

    def __init__(self, d, h, heads):
        super().__init__()
        self.layer = layer = nn.TransformerEncoderLayer(d, heads, h, dropout=0.0, batch_first=True)
        weights, biases = [], []
        for _ in range(3):
            weights.append(numbers((d, d), "weight").T)
            biases.append(numbers((d,), "bias"))
        put(layer.self_attn.in_proj_weight, np.concatenate(weights))
        put(layer.self_attn.in_proj_bias, np.concatenate(biases))
        put(layer.self_attn.out_proj.weight, numbers((d, d), "weight").T)
        put(layer.self_attn.out_proj.bias, numbers((d,), "bias"))
        layer.norm1 = layernorm(d)
        layer.linear1 = dense(d, h)
        layer.linear2 = dense(h, d)
        layer.norm2 = layernorm(d)

    def forward(self, x):
        return self.layer(x)


def wave(shape):
    return np.sin(np.arange(int(np.prod(shape))) * 0.11).reshape(shape)


result = {"from": f"PyTorch {torch.__version__}"}
for name, make, shape in [("resnet18", resnet18, (2, 32, 32, 3)), ("vgg11", vgg11, (2, 32, 32, 3)), ("encoder", lambda: Encoder(16, 32, 4), (2, 5, 16))]:
    count = 0
    network = make().eval()
    x = torch.tensor(wave(shape), dtype=torch.float32)
    with torch.no_grad():
        y = network(x if name == "encoder" else x.permute(0, 3, 1, 2))
    result[name] = {"shape": list(y.shape), "data": [float(f"{v:.7g}") for v in y.flatten().tolist()]}
out = pathlib.Path(__file__).parent / "fixtures" / "networks.json"
out.write_text(json.dumps(result) + "\n")
