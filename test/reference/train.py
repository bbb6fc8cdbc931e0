"""Losses, optimisers, schedules and metrics as PyTorch computes them. Writes fixtures/train.json.

Run with a Python that has torch: python3 test/reference/train.py
"""

import json
import math
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(7)


def numbers(t):
    return [float(f"{x:.7g}") for x in t.detach().double().flatten().tolist()]


def case(name, value, prediction, target=None, **args):
    (gradient,) = torch.autograd.grad(value, prediction)
    return {
        "loss": name,
        "args": args,
        "prediction": {"shape": list(prediction.shape), "data": numbers(prediction)},
        "target": None if target is None else {"shape": list(target.shape), "integer": not target.is_floating_point(), "data": numbers(target)},
        "value": float(f"{value.item():.7g}"),
        "gradient": numbers(gradient),
    }


def leaf(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).requires_grad_()


def losses():
    cases = []
    z, y = leaf(6, 5, scale=3), torch.tensor([0, 4, 2, 2, 1, 3])
    cases.append(case("crossentropy", F.cross_entropy(z, y), z, y))
    cases.append(case("crossentropy", F.cross_entropy(z, y, ignore_index=2), z, y, ignore=2))
    cases.append(case("crossentropy", F.cross_entropy(z, y, label_smoothing=0.1), z, y, smoothing=0.1))
    p = torch.softmax(torch.randn(6, 5), 1)
    cases.append(case("crossentropy", F.cross_entropy(z, p), z, p))
    s, t = leaf(2, 3, 4, scale=2), torch.tensor([[0, 3, 1], [2, 1, 0]])
    cases.append(case("crossentropy", F.cross_entropy(s.transpose(1, 2), t), s, t))
    cases.append(case("crossentropy", F.cross_entropy(s.transpose(1, 2), t, ignore_index=0), s, t, ignore=0))
    b, u = leaf(5, 3, scale=4), torch.rand(5, 3).round()
    cases.append(case("bce", F.binary_cross_entropy_with_logits(b, u), b, u))
    m, w = leaf(4, 3), torch.randn(4, 3)
    cases.append(case("mse", F.mse_loss(m, w), m, w))
    cases.append(case("mae", F.l1_loss(m, w), m, w))
    cases.append(case("huber", F.huber_loss(m, w, delta=0.7), m, w, delta=0.7))
    cases.append(case("hinge", F.multi_margin_loss(z, y), z, y))
    cases.append(case("hinge", F.multi_margin_loss(z, y, margin=0.5), z, y, margin=0.5))
    cases.append(case("kl", F.kl_div(F.log_softmax(z, 1), p, reduction="batchmean"), z, p))
    corners = torch.tensor([[0.1, 0.1, 0.5, 0.6], [0.2, 0.3, 0.4, 0.9], [0.0, 0.0, 0.2, 0.2]]).requires_grad_()
    truth = torch.tensor([[0.2, 0.2, 0.6, 0.5], [0.1, 0.3, 0.5, 0.8], [0.5, 0.5, 0.9, 0.9]])
    cases.append(case("iou", iou(corners, truth).mean(), corners, truth))
    cases.append(case("iou", giou(corners, truth).mean(), corners, truth, generalized=True))
    return cases


def area(b):
    return (b[:, 2] - b[:, 0]).clamp(min=0) * (b[:, 3] - b[:, 1]).clamp(min=0)


def overlap(a, b):
    shared = area(torch.cat([torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])], 1))
    return shared, area(a) + area(b) - shared


def iou(a, b):
    shared, union = overlap(a, b)
    return 1 - shared / (union + 1e-7)


def giou(a, b):
    """As torchvision.ops.generalized_box_iou_loss."""
    shared, union = overlap(a, b)
    hull = area(torch.cat([torch.minimum(a[:, :2], b[:, :2]), torch.maximum(a[:, 2:], b[:, 2:])], 1))
    return 1 - shared / (union + 1e-7) + (hull - union) / (hull + 1e-7)


def optimizers():
    """Ten steps on the sum of cos(w) * a: gradients that change sign and size."""
    start = torch.randn(6)
    a = torch.tensor([1.0, 0.1, 10.0, -2.0, 0.5, -0.01])
    kinds = [
        ("sgd", {"lr": 0.1}, torch.optim.SGD, {}),
        ("sgd", {"lr": 0.1, "momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9}),
        ("sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        ("sgd", {"lr": 0.1, "momentum": 0.9, "decay": 0.01}, torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.01}),
        ("adam", {"lr": 0.1}, torch.optim.Adam, {}),
        ("adam", {"lr": 0.05, "beta1": 0.5, "beta2": 0.9, "decay": 0.1}, torch.optim.Adam, {"betas": (0.5, 0.9), "weight_decay": 0.1}),
        ("adamw", {"lr": 0.1}, torch.optim.AdamW, {}),
        ("adamw", {"lr": 0.1, "decay": 0.3}, torch.optim.AdamW, {"weight_decay": 0.3}),
        ("rmsprop", {"lr": 0.01}, torch.optim.RMSprop, {}),
        ("rmsprop", {"lr": 0.01, "momentum": 0.9, "centered": True, "decay": 0.01}, torch.optim.RMSprop, {"momentum": 0.9, "centered": True, "weight_decay": 0.01}),
        ("adagrad", {"lr": 0.1}, torch.optim.Adagrad, {}),
        ("adagrad", {"lr": 0.1, "decay": 0.1}, torch.optim.Adagrad, {"weight_decay": 0.1}),
    ]
    cases = []
    for name, args, kind, options in kinds:
        w = nn.Parameter(start.clone())
        optimizer = kind([w], lr=args["lr"], **options)
        path = []
        for _ in range(10):
            optimizer.zero_grad()
            (torch.cos(w) * a).sum().backward()
            optimizer.step()
            path.append(numbers(w))
        cases.append({"optimizer": name, "args": args, "path": [path[0], path[1], path[9]]})
    return {"start": numbers(start), "a": numbers(a), "cases": cases}


def clipping():
    w = nn.Parameter(torch.tensor([3.0, -4.0, 12.0]))
    (0.5 * w * w).sum().backward()
    nn.utils.clip_grad_norm_([w], 1.0)
    return {"start": [3, -4, 12], "norm": 1, "gradient": numbers(w.grad)}


def schedules():
    """Factors of the rate at the start of each of ten epochs."""

    def factors(make, losses=None):
        w = nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([w], lr=1.0)
        schedule = make(optimizer)
        result = []
        for epoch in range(10):
            result.append(float(f"{optimizer.param_groups[0]['lr']:.7g}"))
            optimizer.step()
            schedule.step(losses[epoch]) if losses else schedule.step()
        return result

    plateau = [1.0, 0.9, 0.9, 0.95, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]
    lr = torch.optim.lr_scheduler
    return {
        "step": factors(lambda o: lr.StepLR(o, 3, gamma=0.5)),
        "milestones": factors(lambda o: lr.MultiStepLR(o, [2, 7], gamma=0.1)),
        "exponential": factors(lambda o: lr.ExponentialLR(o, 0.9)),
        "cosine": factors(lambda o: lr.CosineAnnealingLR(o, 10, eta_min=0.1)),
        "linear": factors(lambda o: lr.LinearLR(o, 1.0, 0.2, 10)),
        "plateau": factors(lambda o: lr.ReduceLROnPlateau(o, factor=0.1, patience=1), plateau),
        "plateauLosses": plateau,
    }


def mlp():
    """Five steps of a 4-8-3 net with tanh and Adam on one batch: weights given, losses told."""
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
    weights = [numbers(p.T if p.dim() == 2 else p) for p in net.parameters()]
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    told = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        told.append(float(f"{loss.item():.7g}"))
    after = [numbers(p.T if p.dim() == 2 else p) for p in net.parameters()]
    return {"x": numbers(x), "y": y.tolist(), "weights": weights, "losses": told, "after": after}


def main():
    out = pathlib.Path(__file__).parent / "fixtures" / "train.json"
    data = {
        "from": f"PyTorch {torch.__version__}",
        "losses": losses(),
        "optimizers": optimizers(),
        "clipping": clipping(),
        "schedules": schedules(),
        "mlp": mlp(),
    }
    assert not any(math.isnan(c["value"]) for c in data["losses"])
    out.write_text(json.dumps(data, separators=(",", ":")) + "\n")


main()
