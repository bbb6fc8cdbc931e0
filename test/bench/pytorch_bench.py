"""Times the training steps of workloads.mjs in PyTorch: python3 pytorch_bench.py WORKLOAD THREADS SECONDS [BATCH [WIDTH DEPTH]]

Prints one line of JSON: median milliseconds of a step, peak memory beside the interpreter and the library, version.
With --serve it answers as serve.mjs says: a number (milliseconds) arrives, the times of a burst's steps go back.
"""
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Residual(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        same = stride == 1 and before == after
        self.skip = nn.Sequential() if same else nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        return F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))) + self.skip(x))


class LastOfLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.encoder(x).mean(1))


class UNet(nn.Module):
    def __init__(self, top=16):
        super().__init__()
        twice = lambda a, b: nn.Sequential(nn.Conv2d(a, b, 3, 1, 1), nn.ReLU(), nn.Conv2d(b, b, 3, 1, 1), nn.ReLU())
        widths = [top << level for level in range(4)]
        self.down = nn.ModuleList(twice(a, b) for a, b in zip([3, *widths[:3]], widths))
        self.bottom = twice(widths[3], top << 4)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in reversed(widths))
        self.mix = nn.ModuleList(twice(2 * w, w) for w in reversed(widths))
        self.head = nn.Conv2d(top, 2, 1)

    def forward(self, x):
        kept = []
        for block in self.down:
            x = block(x)
            kept.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, mix in zip(self.up, self.mix):
            x = mix(torch.cat([kept.pop(), up(x)], 1))
        return self.head(x)


def resnet18():
    layers, before = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()], 64
    for stage, after in enumerate([64, 128, 256, 512]):
        layers += [Residual(before, after, 1 if stage == 0 else 2), Residual(after, after, 1)]
        before = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def alexnet():
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4, 2), nn.ReLU(), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, 1, 2), nn.ReLU(), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, 1, 1), nn.ReLU(), nn.Conv2d(384, 384, 3, 1, 1), nn.ReLU(), nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000),
    )  # fmt: skip


def vgg16():
    layers, before = [], 3
    for after, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(count):
            layers += [nn.Conv2d(before, after, 3, 1, 1), nn.ReLU()]
            before = after
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000))


def perceptron(width, depth):
    layers, before = [], 784
    for _ in range(depth):
        layers += [nn.Linear(before, width), nn.ReLU()]
        before = width
    return nn.Sequential(*layers, nn.Linear(before, 10))


adam = lambda model: torch.optim.Adam(model.parameters(), lr=0.001)
momentum = lambda model: torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

# name: model, input shape without batch, classes, label shape, batch, optimiser (none: forward only)
workloads = {
    "mlp-2-16-2": (lambda: nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)), (2,), 2, (), 32, lambda m: torch.optim.SGD(m.parameters(), lr=0.1)),
    "mlp-784-128-10": (lambda: nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)), (784,), 10, (), 64, adam),
    "lenet": (lambda: nn.Sequential(
        nn.Conv2d(1, 6, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)), (1, 28, 28), 10, (), 64, adam),
    "cnn": (lambda: nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10)), (1, 28, 28), 10, (), 64, adam),
    "resnet18": (resnet18, (3, 32, 32), 10, (), 16, momentum),
    "alexnet": (alexnet, (3, 224, 224), 1000, (), 16, momentum),
    "vgg16-forward": (vgg16, (3, 224, 224), 1000, (), 4, None),
    "lstm": (LastOfLstm, (40, 64), 10, (), 32, adam),
    "transformer": (Encoder, (40, 64), 10, (), 32, adam),
    "unet": (UNet, (3, 128, 128), 2, (128, 128), 4, adam),
}  # fmt: skip


def prepare(name, sizes):
    """A function that does one training step."""
    if name == "matmul":
        a, b = torch.randn(sizes[0], sizes[0]), torch.randn(sizes[0], sizes[0])
        return lambda: a @ b
    make, shape, classes, label_shape, batch, optimizer = workloads[name]
    batch = sizes[0] if sizes else batch
    if len(sizes) > 2:  # only the multilayer perceptron grows in width and depth
        make = lambda: perceptron(sizes[1], sizes[2])
    model = make()
    x = torch.randn(batch, *shape)
    y = torch.randint(0, classes, (batch, *label_shape))
    update = optimizer(model) if optimizer else None

    def step():
        if update is None:
            with torch.no_grad():
                model(x)
            return
        update.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), y).backward()
        update.step()

    return step


def burst(step, seconds, together=1):
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or not times:
        start = time.perf_counter()
        for _ in range(together):
            step()
        times.append((time.perf_counter() - start) * 1e3 / together)
    return times


def main():
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    name, threads, seconds = arguments[0], int(arguments[1]), float(arguments[2])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)
    before = peak()
    step = prepare(name, [int(size) for size in arguments[3:]])
    start = time.perf_counter()
    step()
    first = (time.perf_counter() - start) * 1e3
    if "--serve" in sys.argv:
        print(json.dumps({"firstMs": first, "version": torch.__version__, "peakMiB": peak()}), flush=True)
        for line in sys.stdin:
            times = burst(step, float(line) / 1e3)
            print(json.dumps({"times": times, "peakMiB": peak()}), flush=True)
        return
    burst(step, 0)
    burst(step, 0)
    times = sorted(burst(step, seconds))
    print(json.dumps({"ms": times[len(times) // 2], "bestMs": times[0], "firstMs": first, "peakMiB": peak() - before, "version": torch.__version__}))


main()
