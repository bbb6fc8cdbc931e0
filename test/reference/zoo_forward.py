"""Writes the weights, the inputs and the output of one net in PyTorch: `zoo_forward.py NET FOLDER`.

FOLDER gets an .npy file for each parameter, input and the output, and net.json: the layers with parameters in the order in
which they run, each with its kind and its name in PyTorch. Weights are drawn from a fixed seed, not as a net would start:
biases, scales and shifts differ from 0 and 1, so that a layer which leaves one out is seen. The running statistics of batch
normalisation are those of a random batch, disturbed. Images lie in PyTorch's order, channels before height and width.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torchvision
from torch import nn

name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
torch.manual_seed(18)


class Encoder(nn.Module):
    """The paper's encoder layer: attention and feed-forward, each with its residual, then layer normalisation."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(512, 8, 2048, batch_first=True)

    def forward(self, x):
        return self.layer(x)


class Decoder(nn.Module):
    """The paper's decoder layer: steps see no later ones, then look at the memory."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerDecoderLayer(512, 8, 2048, batch_first=True)

    def forward(self, x, memory):
        later = torch.triu(torch.full((x.shape[1], x.shape[1]), float("-inf")), diagonal=1)
        return self.layer(x, memory, tgt_mask=later)


def vgg11():
    """For 64x64 pixels: 37 million weights, where 224x224 need 133 million and a minute to write, read and turn them."""
    net = torchvision.models.vgg11(weights=None, init_weights=False)
    net.avgpool = nn.Identity()
    net.classifier[0] = nn.Linear(512 * 2 * 2, 4096)
    return net


def vit():
    """The library's small ViT."""
    return torchvision.models.VisionTransformer(image_size=32, patch_size=4, num_layers=6, num_heads=3, hidden_dim=192, mlp_dim=768, num_classes=10)


image = (2, 3, 224, 224)
nets = {
    "ResNet18": (lambda: torchvision.models.resnet18(weights=None), [image]),
    "ResNet50": (lambda: torchvision.models.resnet50(weights=None), [image]),
    "VGG11": (vgg11, [(2, 3, 64, 64)]),
    "DenseNet121": (lambda: torchvision.models.densenet121(weights=None), [image]),
    "MobileNetV2": (lambda: torchvision.models.mobilenet_v2(weights=None), [image]),
    "GoogLeNet": (lambda: torchvision.models.googlenet(weights=None, init_weights=False, aux_logits=False), [image]),
    "SqueezeNet": (lambda: torchvision.models.squeezenet1_0(weights=None), [(2, 3, 227, 227)]),
    "ViT": (vit, [(2, 3, 32, 32)]),
    "EncoderLayer": (Encoder, [(2, 24, 512)]),
    "DecoderLayer": (Decoder, [(2, 24, 512), (2, 17, 512)]),
}
kinds = {nn.Conv2d: "conv", nn.Linear: "dense", nn.BatchNorm2d: "bn", nn.LayerNorm: "layernorm", nn.MultiheadAttention: "attention"}

make, shapes = nets[name]
net = make()
inputs = [torch.randn(shape) for shape in shapes]

with torch.no_grad():
    for parameter in net.parameters():
        if parameter.dim() > 1:  # He et al. 2015: the outputs keep the scale of the inputs
            parameter.normal_(0, (2 / parameter[0].numel()) ** 0.5)
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(0, 0.2)
            module.eps = 1e-5  # as everywhere in the library; torchvision's GoogLeNet has 1e-3, its ViT 1e-6
        elif getattr(module, "bias", None) is not None:
            module.bias.normal_(0, 0.2)
        if isinstance(module, nn.MultiheadAttention):
            module.in_proj_bias.normal_(0, 0.2)
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    if any(isinstance(module, nn.BatchNorm2d) for module in net.modules()):
        net.train()(torch.randn(4, 3, 64, 64))
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean += 0.2 * module.running_var.sqrt() * torch.randn_like(module.running_mean)
                module.running_var *= torch.empty_like(module.running_var).uniform_(0.5, 1.5)
    net.eval()
    output = net(*inputs)
    if inputs[0].dim() == 4:  # scores of a few units, so that no probability underflows in f32
        last = [module for module in net.modules() if isinstance(module, (nn.Conv2d, nn.Linear))][-1]
        last.weight *= 2 / output.std()

layers = []
image_shape = None


def record(path, kind):
    def hook(module, arguments, output):
        global image_shape
        entry = {"kind": kind, "name": path}
        if kind == "dense" and image_shape is not None:
            if np.prod(image_shape) == module.in_features:
                entry["flattened"] = image_shape  # channels x height x width, flattened in this order
            image_shape = None
        layers.append(entry)

    return hook


def remember(module, arguments, output):
    global image_shape
    if isinstance(output, torch.Tensor) and output.dim() == 4:
        image_shape = list(output.shape[1:])


for path, module in net.named_modules():
    if type(module) in kinds:
        module.register_forward_hook(record(path, kinds[type(module)]))
    else:
        module.register_forward_hook(remember)

# With gradients: without, PyTorch runs an encoder layer as one fused call, in which no hook is called.
output = net(*inputs).detach()
if name not in ("EncoderLayer", "DecoderLayer"):
    output = torch.log_softmax(output.double(), dim=1).float()

folder.mkdir(parents=True, exist_ok=True)
modules = dict(net.named_modules())
written = {}
if name == "ViT":  # parameters of the whole net, which come after the patches
    layers[1:1] = [{"kind": "token", "name": "class_token"}, {"kind": "positions", "name": "encoder.pos_embedding"}]
    written = {layer["name"]: net.get_parameter(layer["name"]).detach() for layer in layers[1:3]}
for layer in layers:
    if layer["name"] in written:
        continue
    state = modules[layer["name"]].state_dict()
    written.update({f"{layer['name']}.{key}": value for key, value in state.items() if not key.endswith("num_batches_tracked")})
left = [key for key in net.state_dict() if key not in written and not key.endswith("num_batches_tracked")]
assert not left, f"not part of a layer that ran: {left}"
for index, value in enumerate(inputs):
    written[f"input{index}"] = value
written["output"] = output
for key, value in written.items():
    np.save(folder / f"{key}.npy", np.ascontiguousarray(value.numpy().astype(np.float32)))
(folder / "net.json").write_text(json.dumps({"from": f"torchvision {torchvision.__version__}, PyTorch {torch.__version__}", "inputs": len(inputs), "layers": layers}))
