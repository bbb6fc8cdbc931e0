"""Values and gradients of the operations of std/tensor, from PyTorch in double precision.

Run `python3 test/reference/tensor_operations.py`; writes fixtures/tensor-operations.json. Each case holds inputs, outputs,
the gradient that comes in for each floating output, the gradient of each floating input, and the gradient of those gradients when
each is weighed by `weights` and all are added up. Images are channels last in the
fixture; PyTorch gets them channels first.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(7)
of_second_order = torch.Generator().manual_seed(11)
torch.set_default_dtype(torch.float64)
cases = {}


def numbers(tensor):
    # null where PyTorch gives NaN: the mixed derivatives of 0 to a power
    values = tensor.detach().reshape(-1).double().tolist()
    return [None if math.isnan(value) else float(f"{value:.8g}") for value in values]


def entry(tensor):
    kind = {torch.float64: "f64", torch.bool: "bool"}.get(tensor.dtype, "i32")
    return {"shape": list(tensor.shape), "dtype": kind, "data": numbers(tensor)}


def case(name, f, *inputs):
    # What the fixture holds is what PyTorch gets: inputs are rounded first.
    rounded = [torch.tensor(numbers(i), dtype=i.dtype).reshape(i.shape) for i in inputs]
    leaves = [i.requires_grad_() if i.dtype == torch.float64 else i for i in rounded]
    result = f(*leaves)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    floating = [o for o in outputs if o.requires_grad]
    incoming = [torch.tensor(numbers(torch.randn(o.shape))).reshape(o.shape) for o in floating]
    wanted = [i for i in leaves if i.requires_grad]
    gradients = []
    if floating:
        gradients = torch.autograd.grad(floating, wanted, incoming, allow_unused=True, create_graph=True)
        gradients = [torch.zeros_like(w) if g is None else g for w, g in zip(wanted, gradients)]
    weights = [torch.tensor(numbers(torch.randn(g.shape, generator=of_second_order))).reshape(g.shape) for g in gradients]
    upstream = iter(incoming)
    cases[name] = {
        "inputs": [entry(i) for i in leaves],
        "outputs": [entry(o) for o in outputs],
        "incoming": [entry(next(upstream)) if o.requires_grad else None for o in outputs],
        "gradients": [entry(g) for g in gradients],
        "weights": [entry(w) for w in weights],
        # PyTorch's third order through batch, layer and instance norm is wrong: it takes the saved mean and deviation as constants.
        "second": None if name.startswith("penalty") else second_order(gradients, weights, wanted),
    }


def second_order(gradients, weights, wanted):
    """The gradient of the gradients, weighed and added up; null where they do not depend on the inputs."""
    total = sum((w * g).sum() for w, g in zip(weights, gradients)) if gradients else None
    if total is None or not total.requires_grad:
        return None
    found = torch.autograd.grad(total, wanted, allow_unused=True)
    return [entry(torch.zeros_like(w) if g is None or g._is_zerotensor() else g) for w, g in zip(wanted, found)]


def randn(*shape):
    return torch.randn(*shape)


def positive(*shape):
    return torch.rand(*shape) + 0.5


def first(x):  # N x ...spatial x C -> N x C x ...spatial
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def kernel(w):  # ...kernel x Cin x Cout -> Cout x Cin x ...kernel
    return w.movedim((-1, -2), (0, 1))


# element-wise
for name, f in {
    "neg": torch.neg, "abs": torch.abs, "sign": torch.sign, "square": torch.square, "floor": torch.floor, "ceil": torch.ceil,
    "round": torch.round, "exp": torch.exp, "sin": torch.sin, "cos": torch.cos, "tanh": torch.tanh, "erf": torch.erf, "relu": torch.relu,
    "sigmoid": torch.sigmoid, "softplus": F.softplus, "silu": F.silu, "selu": F.selu, "elu": lambda x: F.elu(x, 0.7),
    "leakyRelu": lambda x: F.leaky_relu(x, 0.2), "gelu exact": F.gelu, "gelu tanh": lambda x: F.gelu(x, approximate="tanh"),
    "clamp": lambda x: torch.clamp(x, -0.5, 0.8),
    "step": lambda x: (x > 0).double() + 0 * x,
}.items():
    case(name, f, randn(3, 5) * 1.5)
for name, f in {"log": torch.log, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal}.items():
    case(name, f, positive(3, 5))
for name, f in {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum, "minimum": torch.minimum}.items():
    case(f"{name} same", f, randn(2, 3), positive(2, 3))
    case(f"{name} broadcast", f, randn(2, 1, 4), positive(3, 1))
    case(f"{name} scalar", f, randn(4), torch.tensor(1.7))
case("pow", torch.pow, positive(2, 3), randn(3))
case("pow of zero", lambda a, b: torch.pow(a, b), torch.tensor([0.0, 1.0, 2.0]), torch.tensor([2.0, 2.0, 3.0]))
case("maximum ties", torch.maximum, torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 3.0, 3.0]))
case("where", lambda c, a, b: torch.where(c, a, b), torch.tensor([[True], [False]]), randn(2, 3), randn(3))
for name, f in {"equal": torch.eq, "notEqual": torch.ne, "less": torch.lt, "lessEqual": torch.le, "greater": torch.gt, "greaterEqual": torch.ge}.items():
    case(name, f, torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 2.0, 2.0]))

# reductions
x = randn(2, 3, 4)
case("sum all", lambda x: x.sum(), x)
case("sum axis", lambda x: x.sum(1), x)
case("sum axes keep", lambda x: x.sum((0, 2), keepdim=True), x)
case("mean", lambda x: x.mean((1, 2)), x)
case("max", lambda x: x.amax(1), x)
case("max ties", lambda x: x.amax(), torch.tensor([1.0, 3.0, 3.0]))
case("min", lambda x: x.amin((0, 2)), x)
case("prod", lambda x: x.prod(1), x)
case("prod with zero", lambda x: x.prod(0), torch.tensor([2.0, 0.0, 3.0]))
case("prod with zeros", lambda x: x.prod(1), torch.tensor([[2.0, 0.0, 3.0, -1.0], [0.0, 0.5, 0.0, 4.0], [0.0, 0.0, 0.0, 2.0]]))
case("variance", lambda x: x.var(-1, unbiased=False), x)
case("variance of a sample", lambda x: x.var(-1, unbiased=True), x)
case("argMax", lambda x: x.argmax(-1), x)
case("argMin", lambda x: x.argmin(0), x)
case("cumsum", lambda x: x.cumsum(1), x)
case("softmax", lambda x: x.softmax(-1), x)
case("softmax axis", lambda x: x.softmax(1), x)
case("logSoftmax", lambda x: x.log_softmax(-1), x)
case("crossEntropy", lambda x, t: F.cross_entropy(x, t, reduction="none"), randn(5, 4), torch.tensor([0, 3, 1, 1, 2]))
case("crossEntropy ignore", lambda x, t: F.cross_entropy(first(x), t, reduction="none", ignore_index=0), randn(2, 3, 4), torch.tensor([[0, 3, 1], [2, 0, 1]]))

# products
case("matmul", torch.matmul, randn(3, 4), randn(4, 2))
case("matmul transposed", lambda a, b: a.T @ b.T, randn(4, 3), randn(2, 4))
case("matmul batch", torch.matmul, randn(2, 1, 3, 4), randn(5, 4, 2))
case("matmul batch transposed", lambda a, b: a.mT @ b.mT, randn(2, 4, 3), randn(2, 5, 4))
case("matmul rows", torch.matmul, randn(2, 3, 4), randn(4, 5))
case("matmul vector", torch.matmul, randn(3, 4), randn(4))
case("einsum attention", lambda q, k: torch.einsum("bthd,bshd->bhts", q, k), randn(2, 3, 2, 4), randn(2, 5, 2, 4))
case("einsum three", lambda a, b, c: torch.einsum("ij,jk,k->i", a, b, c), randn(2, 3), randn(3, 4), randn(4))
case("einsum outer", lambda a, b: torch.einsum("i,j", a, b), randn(3), randn(2))
case("einsum diagonal", lambda a: torch.einsum("bii->bi", a), randn(2, 3, 3))
case("einsum dots", lambda a, b: torch.einsum("...ij,jk->...ik", a, b), randn(2, 2, 3, 4), randn(4, 2))
case("einsum sum", lambda a: torch.einsum("ij->j", a), randn(2, 3))

# layout
case("reshape", lambda x: x.reshape(4, -1), x)
case("transpose", lambda x: x.permute(2, 0, 1), x)
case("broadcastTo", lambda x: x.expand(2, 3, 4), randn(3, 1))
case("concat", lambda a, b: torch.cat((a, b), 1), randn(2, 3, 2), randn(2, 1, 2))
case("stack", lambda a, b: torch.stack((a, b), 1), randn(2, 3), randn(2, 3))
case("split", lambda a: torch.split(a, (1, 3), 1), randn(2, 4))
case("slice", lambda x: x[1:, 0:2, 1:3], x)
case("slice steps", lambda x: x[:, 1::2, 0:6:3], randn(2, 5, 8))
case("pad", lambda x: F.pad(x, (1, 2, 0, 1), value=1.5), randn(2, 3))
case("flip", lambda x: x.flip((0, 2)), x)
case("gather", lambda x, i: x[:, i], randn(2, 4, 3), torch.tensor([[3, 0], [1, 1]]))
case("embedding", lambda w, i: F.embedding(i, w), randn(5, 3), torch.tensor([[0, 4, 4], [2, 0, 4]]))
case("scatterAdd", lambda x, i, u: x.index_add(0, i, u), randn(4, 2), torch.tensor([3, 0, 3]), randn(3, 2))
case("gatherAlong", lambda x, i: x.gather(1, i), randn(2, 4), torch.tensor([[3, 0, 3], [1, 1, 2]]))
case("oneHot", lambda i: F.one_hot(i, 4), torch.tensor([[0, 3], [1, 2]]))
case("sort", lambda x: tuple(x.sort(1)), randn(3, 5))
case("sort descending", lambda x: tuple(x.sort(0, descending=True)), randn(4, 2))
case("topK", lambda x: tuple(x.topk(2, -1)), randn(3, 5))

# convolution
def conv(x, w, **options):
    f = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}[x.dim()]
    return last(f(first(x), kernel(w), **options))


case("conv", conv, randn(2, 5, 6, 3), randn(3, 2, 3, 4))
case("conv stride pad", lambda x, w: conv(x, w, stride=(2, 1), padding=(1, 2)), randn(2, 7, 5, 2), randn(3, 3, 2, 3))
case("conv sides", lambda x, w: conv(last(F.pad(first(x), (2, 0, 0, 1))), w), randn(1, 4, 4, 2), randn(2, 3, 2, 3))
case("conv dilation", lambda x, w: conv(x, w, dilation=2, padding=1), randn(1, 7, 6, 2), randn(3, 2, 2, 2))
case("conv groups", lambda x, w: conv(x, w, groups=2, stride=2), randn(2, 5, 5, 4), randn(3, 3, 2, 6))
case("conv depthwise", lambda x, w: conv(x, w, groups=3, padding=1), randn(2, 4, 4, 3), randn(3, 3, 1, 6))
case("conv 1x1", conv, randn(2, 3, 3, 4), randn(1, 1, 4, 5))
case("conv 1-D", lambda x, w: conv(x, w, stride=2, padding=1), randn(2, 9, 3), randn(3, 3, 2))
case("conv 3-D", lambda x, w: conv(x, w, stride=(1, 2, 1), padding=1), randn(1, 3, 4, 3, 2), randn(2, 3, 3, 2, 2))


def transposed(x, w, **options):
    f = {3: F.conv_transpose1d, 4: F.conv_transpose2d, 5: F.conv_transpose3d}[x.dim()]
    return last(f(first(x), kernel(w), **options))


case("convTranspose", lambda x, w: transposed(x, w, stride=2), randn(2, 3, 3, 4), randn(2, 2, 3, 4))
case("convTranspose pad", lambda x, w: transposed(x, w, stride=2, padding=1, output_padding=1), randn(1, 4, 3, 2), randn(3, 3, 5, 2))
case("convTranspose groups", lambda x, w: transposed(x, w, stride=2, padding=1, groups=2), randn(1, 4, 3, 4), randn(3, 3, 3, 4))
case("convTranspose 1-D", lambda x, w: transposed(x, w, stride=3, dilation=2), randn(2, 4, 2), randn(3, 3, 2))

# windows
image = randn(2, 5, 6, 3)
pool = lambda f, **options: lambda x: last(f(first(x), **options))
case("maxPool", pool(F.max_pool2d, kernel_size=2), image)
case("maxPool overlap", pool(F.max_pool2d, kernel_size=3, stride=2, padding=1), image)
case("maxPool 1-D", pool(F.max_pool1d, kernel_size=3, stride=2), randn(2, 7, 2))
case("maxPool 3-D", pool(F.max_pool3d, kernel_size=2), randn(1, 4, 4, 2, 2))
case("avgPool", pool(F.avg_pool2d, kernel_size=2), image)
case("avgPool pad", pool(F.avg_pool2d, kernel_size=3, stride=2, padding=1, count_include_pad=False), image)
case("avgPool pad counted", pool(F.avg_pool2d, kernel_size=3, stride=2, padding=1, count_include_pad=True), image)
case("l2Pool", pool(F.lp_pool2d, norm_type=2.0, kernel_size=2), image)
case("upsample nearest", pool(F.interpolate, scale_factor=2, mode="nearest"), randn(2, 3, 2, 2))
case("upsample bilinear", pool(F.interpolate, scale_factor=(2, 3), mode="bilinear", align_corners=False), randn(2, 3, 2, 2))
case("upsample linear 1-D", pool(F.interpolate, scale_factor=3, mode="linear", align_corners=False), randn(1, 4, 2))

# normalisation
channels = lambda c: (positive(c), randn(c))
case("batchNorm", lambda x, s, b: last(F.batch_norm(first(x), None, None, s, b, True, 0.1, 1e-3)), image, *channels(3))
case("batchNorm rows", lambda x, s, b: F.batch_norm(x, None, None, s, b, True), randn(6, 3), *channels(3))
case("batchNorm inference", lambda x, s, b, m, v: last(F.batch_norm(first(x), m.detach(), v.detach(), s, b, False)), image, *channels(3), randn(3), positive(3))
case("layerNorm", lambda x, s, b: F.layer_norm(x, (5,), s, b), randn(2, 3, 5), *channels(5))
case("groupNorm", lambda x, s, b: last(F.group_norm(first(x), 2, s, b)), randn(2, 3, 2, 4), *channels(4))
case("instanceNorm", lambda x, s, b: last(F.instance_norm(first(x), weight=s, bias=b)), image, *channels(3))
case("rmsNorm", lambda x, s: s * x / torch.sqrt(x.square().mean(-1, keepdim=True) + 1e-5), randn(3, 4), positive(4))
# PyTorch divides alpha by the size; the paper, and Lamella, do not.
case("lrn", lambda x: last(F.local_response_norm(first(x), 5, alpha=0.5 * 5, beta=0.75, k=2.0)), randn(2, 2, 3, 7))
case("lrn even", lambda x: last(F.local_response_norm(first(x), 4, alpha=0.5 * 4, beta=0.5, k=1.0)), randn(1, 2, 2, 6))

# sequences: PyTorch keeps weights as gates x features and two biases
def recurrent(kind, gates, **options):
    def run(x, w, u, b, c, *state):
        h = u.shape[0]
        module = kind(x.shape[2], h, batch_first=True, **options)
        names = {"weight_ih_l0": w.T, "weight_hh_l0": u.T, "bias_ih_l0": b, "bias_hh_l0": c}
        for name, value in names.items():
            delattr(module, name)
            setattr(module, name, value)
        module._flat_weights = [names[name] for name in module._flat_weights_names]
        given = tuple(s[None] for s in state)
        y, end = module(x, given if len(given) == 2 else given[0])
        return (y, *[e[0] for e in end]) if isinstance(end, tuple) else (y, end[0])
    return run


def weights(d, h, gates):
    return randn(d, gates * h) * 0.5, randn(h, gates * h) * 0.5, randn(gates * h), randn(gates * h)


case("lstm", recurrent(torch.nn.LSTM, 4), randn(2, 4, 3), *weights(3, 2, 4), randn(2, 2), randn(2, 2))
case("gru", recurrent(torch.nn.GRU, 3), randn(2, 4, 3), *weights(3, 2, 3), randn(2, 2))
case("rnn tanh", recurrent(torch.nn.RNN, 1), randn(2, 4, 3), *weights(3, 2, 1), randn(2, 2))
case("rnn relu", recurrent(torch.nn.RNN, 1, nonlinearity="relu"), randn(2, 4, 3), *weights(3, 2, 1), randn(2, 2))


def attention(q, k, v, mask=None):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    weights = scores.softmax(-1)
    return weights @ v, weights


case("attention", attention, randn(2, 2, 3, 4), randn(2, 2, 5, 4), randn(2, 2, 5, 3))
case("attention causal", lambda q, k, v: attention(q, k, v, torch.ones(4, 4, dtype=torch.bool).tril()), randn(1, 2, 4, 3), randn(1, 2, 4, 3), randn(1, 2, 4, 3))
case("attention masked", attention, randn(2, 2, 3, 4), randn(2, 2, 3, 4), randn(2, 2, 3, 2), torch.tensor([True, True, False]).reshape(1, 1, 1, 3))


# gradients of gradients: the penalty (|grad D(x)| - 1)^2 of Gulrajani et al. 2017, with respect to images and weights
def penalty(discriminator):
    def run(x, *parameters):
        gradient = torch.autograd.grad(discriminator(x, *parameters).sum(), x, create_graph=True)[0]
        return ((gradient.square().sum(tuple(range(1, x.dim()))) + 1e-12).sqrt() - 1).square().mean()
    return run


case("penalty mlp", penalty(lambda x, a, b, c: torch.tanh(x @ a + b) @ c), randn(4, 3), randn(3, 5), randn(5), randn(5, 1))
case("penalty conv", penalty(lambda x, w, v: (last(F.max_pool2d(first(F.softplus(conv(x, w, stride=2, padding=1))), 2)).reshape(x.shape[0], -1) @ v)), randn(2, 8, 8, 2), randn(3, 3, 2, 3) * 0.4, randn(12, 1))
case("penalty batchNorm", penalty(lambda x, w, s, b, c: torch.sigmoid(F.batch_norm(x @ w, None, None, s, b, True)) @ c), randn(5, 3), randn(3, 4), *channels(4), randn(4, 1))
case("penalty layerNorm", penalty(lambda x, w, s, b, c: torch.sigmoid(F.layer_norm(x @ w, (4,), s, b)) @ c), randn(5, 3), randn(3, 4), *channels(4), randn(4, 1))
case("penalty lrn", penalty(lambda x, w: (last(F.local_response_norm(first(conv(x, w)), 3, alpha=0.5 * 3, beta=0.75, k=2.0))).sum((1, 2, 3))), randn(2, 4, 4, 2), randn(3, 3, 2, 4))
case("penalty softmax", penalty(lambda x, w: x @ w @ torch.ones(4, 1) + (x @ w).softmax(-1)[:, :1] * 3 + (x @ w).log_softmax(-1)[:, 1:2]), randn(3, 3), randn(3, 4))
case("penalty crossEntropy", penalty(lambda x, w: F.cross_entropy(x @ w, torch.tensor([0, 2, 1]), reduction="none")), randn(3, 3), randn(3, 4))
case("penalty attention", penalty(lambda x, a, b: attention(x @ a, x @ b, x)[0].square().sum((1, 2))), randn(2, 3, 2), randn(2, 2), randn(2, 2))


# the critics that are trained so: strided convolutions with leaky rectifiers, and the norms put between them
def critic(normal):
    def run(x, a, b, w, c, *parameters):
        y = F.leaky_relu(conv(x, a, stride=2, padding=1) + b, 0.2)
        y = F.leaky_relu(normal(conv(y, w, stride=2, padding=1), *parameters), 0.2)
        return y.reshape(x.shape[0], -1) @ c
    return penalty(run)


images = (randn(3, 8, 8, 2), randn(4, 4, 2, 3) * 0.4, randn(3), randn(4, 4, 3, 4) * 0.4, randn(16, 1))
case("penalty critic", critic(lambda y: y), *images)
case("penalty critic batchNorm", critic(lambda y, s, b: last(F.batch_norm(first(y), None, None, s, b, True))), *images, *channels(4))
case("penalty critic layerNorm", critic(lambda y, s, b: F.layer_norm(y, (4,), s, b)), *images, *channels(4))
case("penalty critic groupNorm", critic(lambda y, s, b: last(F.group_norm(first(y), 2, s, b))), *images, *channels(4))
case("penalty critic instanceNorm", critic(lambda y, s, b: last(F.instance_norm(first(y), weight=s, bias=b))), *images, *channels(4))


def sequence_penalty(kind, gates, **options):
    run = recurrent(kind, gates, **options)
    return penalty(lambda x, w, u, b, c, v, *state: (run(x, w, u, b, c, *state)[0].reshape(x.shape[0], -1) @ v) + sum(s.sum(1, keepdim=True) for s in run(x, w, u, b, c, *state)[1:]))


case("penalty lstm", sequence_penalty(torch.nn.LSTM, 4), randn(2, 4, 3), *weights(3, 2, 4), randn(8, 1), randn(2, 2), randn(2, 2))
case("penalty gru", sequence_penalty(torch.nn.GRU, 3), randn(2, 4, 3), *weights(3, 2, 3), randn(8, 1), randn(2, 2))
case("penalty rnn", sequence_penalty(torch.nn.RNN, 1), randn(2, 4, 3), *weights(3, 2, 1), randn(8, 1), randn(2, 2))

target = pathlib.Path(__file__).parent / "fixtures" / "tensor-operations.json"
target.write_text(json.dumps({"source": f"PyTorch {torch.__version__}, float64", "cases": cases}, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases, {target.stat().st_size} bytes")
