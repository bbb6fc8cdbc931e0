"""Writes fixtures/layers.json: values and gradients of every layer by PyTorch, with the same weights in Lamella's layouts.

Weights are leaves in our layout and are permuted inside each function, so that their gradients come back in our layout.
Run: python3 test/reference/layers.py
"""
import json
import os

import torch
import torch.nn.functional as F

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
cases = []


def numbers(tensor):
    flat = tensor.detach().reshape(-1).tolist()
    return {"shape": list(tensor.shape), "data": [float(f"{value:.7g}") for value in flat]}


def fixed(*shape):
    """Random numbers that survive being written with seven digits."""
    return torch.tensor([float(f"{v:.4g}") for v in torch.randn(*shape).reshape(-1).tolist()]).reshape(shape)


def case(layer, positional, named, x, function, parameters=None, operands=None, training=False, extra=None, note=""):
    """function(x, parameters, operands) -> output, or (output, {extra: tensor or list}, {update: tensor})."""
    parameters = parameters or {}
    operands = operands or []
    floating = x.dtype == torch.float64
    if floating:
        x.requires_grad_()
    for tensor in [*parameters.values(), *operands]:
        tensor.requires_grad_()
    result = function(x, parameters, operands)
    output, extras, updates = result if isinstance(result, tuple) else (result, {}, {})
    upstream = fixed(*output.shape)
    leaves = ([x] if floating else []) + list(operands) + list(parameters.values())
    grads = torch.autograd.grad((output * upstream).sum(), leaves, allow_unused=True)
    grads = [torch.zeros_like(leaf) if grad is None else grad for leaf, grad in zip(leaves, grads)]
    names = (["input"] if floating else []) + [f"operand{i}" for i in range(len(operands))] + list(parameters)
    cases.append({
        "layer": layer, "note": note, "positional": positional, "named": named, "training": training,
        "input": {**numbers(x), "dtype": "f64" if floating else "i32"},
        "operands": [numbers(o) for o in operands],
        "parameters": {name: numbers(p) for name, p in parameters.items()},
        "output": numbers(output), "upstream": numbers(upstream),
        "gradients": {name: numbers(grad) for name, grad in zip(names, grads)},
        "extras": {name: [numbers(v) for v in (value if isinstance(value, list) else [value])] for name, value in extras.items()},
        "updates": {name: numbers(value) for name, value in updates.items()},
    })


first = lambda x: x.movedim(-1, 1)   # channels last -> channels first
last = lambda x: x.movedim(1, -1)


def kernel(weight):
    """kh x kw x C x F -> F x C x kh x kw, for any number of spatial axes."""
    rank = weight.dim() - 2
    return weight.permute(rank + 1, rank, *range(rank))


# --- dense, embedding
case("dense", [5], {}, fixed(2, 4), lambda x, p, o: F.linear(x, p["weight"].T, p["bias"]), {"weight": fixed(4, 5), "bias": fixed(5)})
case("dense", [3], {"bias": False}, fixed(2, 6, 4), lambda x, p, o: F.linear(x, p["weight"].T), {"weight": fixed(4, 3)}, note="a sequence")
case("embedding", [7, 3], {"scale": 2}, torch.tensor([[1, 0, 6], [1, 1, 3]], dtype=torch.int64),
     lambda x, p, o: 2 * F.embedding(x, p["weight"]), {"weight": fixed(7, 3)})

# --- convolution
case("conv", [4, [3, 2]], {"stride": [2, 1], "pad": [[1, 2], [0, 1]]}, fixed(2, 5, 4, 3),
     lambda x, p, o: last(F.conv2d(F.pad(first(x), (0, 1, 1, 2)), kernel(p["weight"]), p["bias"], stride=(2, 1))),
     {"weight": fixed(3, 2, 3, 4), "bias": fixed(4)}, note="pad per side")
case("conv", [4, 3], {"pad": "same", "groups": 2, "dilation": 2}, fixed(2, 5, 5, 4),
     lambda x, p, o: last(F.conv2d(first(x), kernel(p["weight"]), p["bias"], padding=2, groups=2, dilation=2)),
     {"weight": fixed(3, 3, 2, 4), "bias": fixed(4)}, note="groups, dilation, same")
case("conv", [3, 4], {"stride": 2, "pad": "same"}, fixed(1, 6, 7, 2),
     lambda x, p, o: last(F.conv2d(F.pad(first(x), (1, 2, 1, 1)), kernel(p["weight"]), p["bias"], stride=2)),
     {"weight": fixed(4, 4, 2, 3), "bias": fixed(3)}, note="same with a stride, as TensorFlow pads")
case("conv", [3, 3], {"pad": 1, "bias": False}, fixed(2, 6, 2), lambda x, p, o: last(F.conv1d(first(x), kernel(p["weight"]), padding=1)),
     {"weight": fixed(3, 2, 3)}, note="in time")
case("conv", [2, 2], {}, fixed(1, 3, 3, 4, 2), lambda x, p, o: last(F.conv3d(first(x), kernel(p["weight"]), p["bias"])),
     {"weight": fixed(2, 2, 2, 2, 2), "bias": fixed(2)}, note="in space")
case("dwconv", [3], {"stride": 2, "pad": 1, "multiplier": 2}, fixed(2, 5, 5, 3),
     lambda x, p, o: last(F.conv2d(first(x), kernel(p["weight"]), p["bias"], stride=2, padding=1, groups=3)),
     {"weight": fixed(3, 3, 1, 6), "bias": fixed(6)})
# our weight is kh x kw x F x C; PyTorch's is C x F x kh x kw: the same permutation
case("upconv", [3, 2], {"stride": 2}, fixed(2, 3, 3, 2), lambda x, p, o: last(F.conv_transpose2d(first(x), kernel(p["weight"]), p["bias"], stride=2)),
     {"weight": fixed(2, 2, 3, 2), "bias": fixed(3)})
case("upconv", [3, 3], {"stride": 2, "pad": 1, "extra": 1}, fixed(1, 3, 4, 2),
     lambda x, p, o: last(F.conv_transpose2d(first(x), kernel(p["weight"]), p["bias"], stride=2, padding=1, output_padding=1)),
     {"weight": fixed(3, 3, 3, 2), "bias": fixed(3)})
case("upconv", [4, 5], {"stride": 2, "pad": "same", "groups": 2}, fixed(1, 3, 3, 4),
     lambda x, p, o: last(F.conv_transpose2d(first(x), kernel(p["weight"]), p["bias"], stride=2, groups=2)[:, :, 1:-2, 1:-2]),
     {"weight": fixed(5, 5, 2, 4), "bias": fixed(4)}, note="same: the smaller half is cut off before")
case("upconv", [2, 4], {"stride": 2, "pad": 1, "bias": False}, fixed(1, 4, 3),
     lambda x, p, o: last(F.conv_transpose1d(first(x), kernel(p["weight"]), stride=2, padding=1)), {"weight": fixed(4, 2, 3)}, note="in time")

# --- pooling
case("maxpool", [[3, 3]], {"stride": 2, "pad": 1}, fixed(2, 6, 5, 2), lambda x, p, o: last(F.max_pool2d(first(x), 3, 2, 1)))
case("maxpool", [2], {}, fixed(2, 6, 3), lambda x, p, o: last(F.max_pool1d(first(x), 2)), note="in time")
case("avgpool", [[3, 3]], {"stride": 1, "pad": 1}, fixed(2, 4, 4, 2),
     lambda x, p, o: last(F.avg_pool2d(first(x), 3, 1, 1, count_include_pad=False)))
case("l2pool", [[2, 2]], {}, fixed(1, 4, 4, 2), lambda x, p, o: last(F.lp_pool2d(first(x), 2, 2)))
case("gap", [], {}, fixed(2, 3, 4, 2), lambda x, p, o: x.mean((1, 2)))
case("gmp", [], {}, fixed(2, 3, 4, 2), lambda x, p, o: x.amax((1, 2)))

# --- normalisation
def batch_norm(x, p, training):
    mean, variance = p["runningMean"].detach().clone(), p["runningVariance"].detach().clone()
    y = F.batch_norm(first(x), mean, variance, p["scale"], p["shift"], training=training)
    return last(y), {}, ({"runningMean": mean, "runningVariance": variance} if training else {})


def running_norm(x, p):
    """By its formula, so that gradients go to the statistics as well."""
    return p["scale"] * (x - p["runningMean"]) / torch.sqrt(p["runningVariance"] + 1e-5) + p["shift"]


statistics = lambda: {"scale": fixed(3), "shift": fixed(3), "runningMean": fixed(3), "runningVariance": fixed(3).abs() + 0.5}
case("bn", [], {}, fixed(3, 2, 2, 3), lambda x, p, o: batch_norm(x, p, True), statistics(), training=True, note="in training")
case("bn", [], {}, fixed(4, 3), lambda x, p, o: batch_norm(x, p, True), statistics(), training=True, note="of vectors, in training")
case("bn", [], {}, fixed(3, 2, 2, 3), lambda x, p, o: running_norm(x, p), statistics(), note="with running statistics")
case("layernorm", [], {}, fixed(2, 3, 4), lambda x, p, o: F.layer_norm(x, (4,), p["scale"], p["shift"]), {"scale": fixed(4), "shift": fixed(4)})
case("groupnorm", [2], {}, fixed(2, 3, 2, 4), lambda x, p, o: last(F.group_norm(first(x), 2, p["scale"], p["shift"])), {"scale": fixed(4), "shift": fixed(4)})
case("instancenorm", [], {}, fixed(2, 3, 2, 3), lambda x, p, o: last(F.instance_norm(first(x), weight=p["scale"], bias=p["shift"])),
     {"scale": fixed(3), "shift": fixed(3)})
case("rmsnorm", [], {}, fixed(2, 3, 4), lambda x, p, o: p["scale"] * x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5), {"scale": fixed(4)},
     note="by its formula")
case("lrn", [], {}, fixed(1, 2, 2, 8), lambda x, p, o: last(F.local_response_norm(first(x), 5, alpha=5e-4, beta=0.75, k=2)))
case("lrn", [3], {"alpha": 0.5, "k": 1}, fixed(1, 2, 2, 5), lambda x, p, o: last(F.local_response_norm(first(x), 3, alpha=1.5, beta=0.75, k=1)))

# --- recurrent
def recurrent(kind, x, p, states, layers, directions, units):
    """PyTorch's module with our weights: transposed, the second bias zero where we have one only."""
    gates = {"RNN": 1, "LSTM": 4, "GRU": 3}[kind]
    flat = []
    for layer in range(layers):
        for direction in range(directions):
            prefix = ("" if layer == 0 else f"layer{layer + 1}.") + ("backward." if direction else "")
            second = p.get(prefix + "recurrentBias", torch.zeros(gates * units))
            flat += [p[prefix + "weight"].T, p[prefix + "recurrentWeight"].T, p[prefix + "bias"], second]
    run = {"RNN": torch._VF.rnn_tanh, "LSTM": torch._VF.lstm, "GRU": torch._VF.gru}[kind]
    count = layers * directions
    zero = torch.zeros(count, x.shape[0], units)
    if kind == "LSTM":
        h = torch.stack(states[0::2]) if states else zero
        c = torch.stack(states[1::2]) if states else zero
        y, h, c = run(x, (h, c), flat, True, layers, 0.0, False, directions == 2, True)
        return y, {"state": [s for i in range(count) for s in (h[i], c[i])]}, {}
    y, h = run(x, torch.stack(states) if states else zero, flat, True, layers, 0.0, False, directions == 2, True)
    return y, {"state": [h[i] for i in range(count)]}, {}


def weights(gates, features, units, layers=1, directions=1, second=False):
    result = {}
    for layer in range(layers):
        for direction in range(directions):
            prefix = ("" if layer == 0 else f"layer{layer + 1}.") + ("backward." if direction else "")
            width = features if layer == 0 else directions * units
            result[prefix + "weight"] = fixed(width, gates * units)
            result[prefix + "recurrentWeight"] = fixed(units, gates * units)
            result[prefix + "bias"] = fixed(gates * units)
            if second:
                result[prefix + "recurrentBias"] = fixed(gates * units)
    return result


case("rnn", [3], {}, fixed(2, 4, 2), lambda x, p, o: recurrent("RNN", x, p, o, 1, 1, 3), weights(1, 2, 3))
case("lstm", [3], {}, fixed(2, 4, 2), lambda x, p, o: recurrent("LSTM", x, p, o, 1, 1, 3), weights(4, 2, 3), [fixed(2, 3), fixed(2, 3)],
     note="with a first state")
case("lstm", [2], {"bidirectional": True, "layers": 2}, fixed(2, 3, 2), lambda x, p, o: recurrent("LSTM", x, p, o, 2, 2, 2), weights(4, 2, 2, 2, 2))
case("gru", [3], {}, fixed(2, 4, 2), lambda x, p, o: recurrent("GRU", x, p, o, 1, 1, 3), weights(3, 2, 3, second=True), [fixed(2, 3)],
     note="with a first state")
case("gru", [2], {"bidirectional": True}, fixed(2, 3, 2), lambda x, p, o: recurrent("GRU", x, p, o, 1, 2, 2), weights(3, 2, 2, 1, 2, True))

# --- attention
def attend(x, p, memory, heads, causal=False):
    width = x.shape[-1]
    mask = torch.full((x.shape[1], memory.shape[1]), float("-inf")).triu(1) if causal else None
    separate = dict(use_separate_proj_weight=True, q_proj_weight=p["queryWeight"].T, k_proj_weight=p["keyWeight"].T, v_proj_weight=p["valueWeight"].T)
    bias = torch.cat([p["queryBias"], p["keyBias"], p["valueBias"]])
    y, looked = F.multi_head_attention_forward(
        x.transpose(0, 1), memory.transpose(0, 1), memory.transpose(0, 1), width, heads, None, bias, None, None, False, 0.0,
        p["outputWeight"].T, p["outputBias"], attn_mask=mask, average_attn_weights=False, **separate)
    return y.transpose(0, 1), {"attention": looked}, {}


def projections(width, looked):
    result = {}
    for role, features in (("query", width), ("key", looked), ("value", looked), ("output", width)):
        result[role + "Weight"], result[role + "Bias"] = fixed(features, width), fixed(width)
    return result


case("attention", [], {"heads": 2}, fixed(2, 3, 4), lambda x, p, o: attend(x, p, x, 2), projections(4, 4))
case("attention", [], {"heads": 2, "causal": True}, fixed(2, 3, 4), lambda x, p, o: attend(x, p, x, 2, True), projections(4, 4), note="causal")
case("attention", ["operand"], {"heads": 1}, fixed(2, 3, 4), lambda x, p, o: attend(x, p, o[0], 1), projections(4, 5), [fixed(2, 2, 5)], note="of a memory")

# --- shape
case("upsample", [2], {}, fixed(1, 2, 3, 2), lambda x, p, o: last(F.interpolate(first(x), scale_factor=2, mode="nearest")))
case("upsample", [3, "bilinear"], {}, fixed(1, 2, 3, 2), lambda x, p, o: last(F.interpolate(first(x), scale_factor=3, mode="bilinear", align_corners=False)))

# --- activations
for name, positional, named, function in [
    ("relu", [], {}, F.relu), ("relu6", [], {}, lambda x: F.relu6(x)), ("leakyrelu", [0.2], {}, lambda x: F.leaky_relu(x, 0.2)),
    ("elu", [], {}, F.elu), ("selu", [], {}, F.selu), ("gelu", [], {}, F.gelu), ("gelu", [], {"approximate": True}, lambda x: F.gelu(x, approximate="tanh")),
    ("silu", [], {}, F.silu), ("softplus", [], {}, F.softplus), ("sigmoid", [], {}, torch.sigmoid), ("tanh", [], {}, torch.tanh),
    ("softmax", [], {}, lambda x: F.softmax(x, -1)), ("logsoftmax", [], {}, lambda x: F.log_softmax(x, -1)),
]:
    case(name, positional, named, 3 * fixed(2, 5), lambda x, p, o, f=function: f(x))

case("step", [], {}, 3 * fixed(2, 5), lambda x, p, o: (x > 0).double() + 0 * x)

# --- more of the same families
case("conv", [3, 3], {"stride": 2, "pad": 2, "dilation": 2}, fixed(2, 9, 2),
     lambda x, p, o: last(F.conv1d(first(x), kernel(p["weight"]), p["bias"], stride=2, padding=2, dilation=2)),
     {"weight": fixed(3, 2, 3), "bias": fixed(3)}, note="in time, with a stride and dilation")
case("conv", [4, 2], {"stride": [1, 2, 1], "pad": 1, "groups": 2}, fixed(1, 3, 4, 3, 2),
     lambda x, p, o: last(F.conv3d(first(x), kernel(p["weight"]), p["bias"], stride=(1, 2, 1), padding=1, groups=2)),
     {"weight": fixed(2, 2, 2, 1, 4), "bias": fixed(4)}, note="in space, in groups")
case("upconv", [2, 2], {"stride": 2}, fixed(1, 2, 2, 2, 3), lambda x, p, o: last(F.conv_transpose3d(first(x), kernel(p["weight"]), p["bias"], stride=2)),
     {"weight": fixed(2, 2, 2, 2, 3), "bias": fixed(2)}, note="in space")
case("maxpool", [[3, 3]], {"stride": 2}, fixed(2, 7, 7, 2), lambda x, p, o: last(F.max_pool2d(first(x), 3, 2)), note="overlapping, as in AlexNet")
case("maxpool", [[2, 2, 2]], {}, fixed(1, 4, 4, 2, 2), lambda x, p, o: last(F.max_pool3d(first(x), 2)), note="in space")
case("avgpool", [3], {"stride": 2}, fixed(2, 7, 2), lambda x, p, o: last(F.avg_pool1d(first(x), 3, 2)), note="in time, overlapping")
case("l2pool", [[3, 3]], {"stride": 2}, fixed(1, 5, 5, 2), lambda x, p, o: last(F.lp_pool2d(first(x), 2, 3, 2)), note="overlapping")
case("gap", [], {}, fixed(2, 5, 3), lambda x, p, o: x.mean(1), note="of a sequence")
case("gmp", [], {}, fixed(2, 5, 3), lambda x, p, o: x.amax(1), note="of a sequence")
case("upsample", [3, "bilinear"], {}, fixed(1, 4, 2), lambda x, p, o: last(F.interpolate(first(x), scale_factor=3, mode="linear", align_corners=False)), note="in time")

case("rnn", [2], {"bidirectional": True, "layers": 2}, fixed(2, 3, 2), lambda x, p, o: recurrent("RNN", x, p, o, 2, 2, 2), weights(1, 2, 2, 2, 2))
case("lstm", [2], {"bidirectional": True, "layers": 2}, fixed(2, 3, 2), lambda x, p, o: recurrent("LSTM", x, p, o, 2, 2, 2), weights(4, 2, 2, 2, 2),
     [fixed(2, 2) for _ in range(8)], note="with first states of both layers and directions")
case("gru", [2], {"layers": 2}, fixed(2, 3, 2), lambda x, p, o: recurrent("GRU", x, p, o, 2, 1, 2), weights(3, 2, 2, 2, 1, True),
     [fixed(2, 2), fixed(2, 2)], note="stacked, with first states")


def masked(x, p, mask):
    heads, (batch, time, width) = 2, x.shape
    split = lambda role: (x @ p[role + "Weight"] + p[role + "Bias"]).reshape(batch, time, heads, width // heads).transpose(1, 2)
    query, key, value = split("query"), split("key"), split("value")
    scores = (query @ key.mT / (width // heads) ** 0.5).masked_fill(mask.detach().reshape(batch, 1, 1, time) == 0, -1e9)
    looked = scores.softmax(-1)
    y = (looked @ value).transpose(1, 2).reshape(batch, time, width)
    return y @ p["outputWeight"] + p["outputBias"], {"attention": looked}, {}


case("attention", [], {"heads": 2, "mask": "operand"}, fixed(2, 3, 4), lambda x, p, o: masked(x, p, o[0]), projections(4, 4),
     [torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])], note="masked, by its formula")


def sinusoids(time, width):
    """Vaswani et al. 2017, section 3.5."""
    angles = torch.arange(time)[:, None] / 10000 ** (2 * torch.arange(width // 2) / width)
    return torch.stack((angles.sin(), angles.cos()), -1).reshape(time, width)


case("positions", [], {}, fixed(2, 5, 6), lambda x, p, o: x + sinusoids(5, 6), note="by their formula")
case("positions", ["learned"], {"length": 7}, fixed(2, 5, 4), lambda x, p, o: x + p["weight"][:5], {"weight": fixed(7, 4)}, note="learned")
case("token", [2], {}, fixed(2, 3, 4), lambda x, p, o: torch.cat((p["weight"].expand(2, 2, 4), x), 1), {"weight": fixed(2, 4)})

# --- shape and combination
case("crop", [[2, 3]], {}, fixed(1, 5, 6, 2), lambda x, p, o: x[:, 1:3, 1:4], note="the middle; the smaller half is cut off before")
case("concat", ["operand", "operand1"], {}, fixed(2, 3, 2), lambda x, p, o: torch.cat((x, *o), -1), operands=[fixed(2, 3, 1), fixed(2, 3, 3)])
case("concat", ["operand"], {"axis": 0}, fixed(2, 3, 2), lambda x, p, o: torch.cat((x, *o), 1), operands=[fixed(2, 1, 2)])
case("add", ["operand", "operand1"], {}, fixed(2, 3, 2), lambda x, p, o: x + o[0] + o[1], operands=[fixed(2, 3, 2), fixed(2, 3, 2)])
case("mul", ["operand"], {}, fixed(2, 3, 2), lambda x, p, o: x * o[0], operands=[fixed(2, 3, 2)])
case("flatten", [], {}, fixed(2, 3, 2), lambda x, p, o: x.flatten(1))
case("reshape", [[3, 4]], {}, fixed(2, 6, 2), lambda x, p, o: x.reshape(2, 3, 4))
case("transpose", [], {}, fixed(2, 3, 4), lambda x, p, o: x.transpose(1, 2))
case("first", [], {}, fixed(2, 3, 4), lambda x, p, o: x[:, 0])
case("last", [], {}, fixed(2, 3, 4), lambda x, p, o: x[:, -1])

# --- dropout, with the draws that the test hands to the layer
def draws(*shape):
    count = torch.Size(shape).numel()
    return ((torch.arange(count) + 1) * 0.6180339887498949 % 1).float().double().reshape(shape)


case("dropout", [0.4], {}, fixed(2, 3, 5), lambda x, p, o: x * (draws(2, 3, 5) >= 0.4) / 0.6, training=True, note="in training, by its formula")
case("dropout", [0.4], {}, fixed(2, 5), lambda x, p, o: F.dropout(x, 0.4, training=False))
case("spatialdropout", [0.5], {}, fixed(2, 3, 2, 6), lambda x, p, o: x * (draws(2, 1, 1, 6) >= 0.5) / 0.5, training=True, note="in training, by its formula")

# --- functions of formulas
for name, function in [("square", torch.square), ("abs", torch.abs), ("exp", torch.exp), ("sin", torch.sin), ("cos", torch.cos),
                       ("sum", lambda x: x.sum(-1, keepdim=True)), ("mean", lambda x: x.mean(-1, keepdim=True))]:
    case(name, [], {}, fixed(2, 5), lambda x, p, o, f=function: f(x))
for name, function in [("sqrt", torch.sqrt), ("log", torch.log)]:
    case(name, [], {}, (fixed(2, 5).abs() + 0.5).detach(), lambda x, p, o, f=function: f(x))
case("max", ["operand"], {}, fixed(2, 5), lambda x, p, o: torch.maximum(x, o[0]), operands=[fixed(2, 5)])
case("min", ["operand"], {}, fixed(2, 5), lambda x, p, o: torch.minimum(x, o[0]), operands=[fixed(2, 5)])

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "layers.json")
with open(out, "w") as file:
    file.write('{"pytorch": "%s", "cases": [\n' % torch.__version__.split("+")[0])
    file.write(",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases))
    file.write("\n]}\n")
print(len(cases), "cases,", os.path.getsize(out), "bytes")
