"""The parameters of torchvision's classification nets, layer by layer, as JSON on standard output: for each net its total and
the number of each layer's own trainable parameters. The test compares them with the library's (test/e2e/torch-parity.test.ts).

Debian: python3-torchvision. Weights are left as PyTorch draws them; only their number counts."""

import json

import torch
import torchvision
from torch import nn
from torchvision import models

plain = dict(weights=None)
quick = dict(weights=None, init_weights=False)

nets = {
    "AlexNet": lambda: models.alexnet(**plain),
    "VGG11": lambda: models.vgg11(**quick),
    "VGG13": lambda: models.vgg13(**quick),
    "VGG16": lambda: models.vgg16(**quick),
    "VGG19": lambda: models.vgg19(**quick),
    "VGG11bn": lambda: models.vgg11_bn(**quick),
    "VGG13bn": lambda: models.vgg13_bn(**quick),
    "VGG16bn": lambda: models.vgg16_bn(**quick),
    "VGG19bn": lambda: models.vgg19_bn(**quick),
    "ResNet18": lambda: models.resnet18(**plain),
    "ResNet34": lambda: models.resnet34(**plain),
    "ResNet50": lambda: models.resnet50(**plain),
    "ResNet101": lambda: models.resnet101(**plain),
    # Without the two auxiliary classifiers, which the library's net leaves out.
    "GoogLeNet": lambda: models.googlenet(**quick, aux_logits=False),
    "DenseNet121": lambda: models.densenet121(**plain),
    "SqueezeNet": lambda: models.squeezenet1_0(**plain),
    "MobileNetV2": lambda: models.mobilenet_v2(**plain),
    # The library's small ViT, and the paper's ViT-B/16.
    "ViT": lambda: models.VisionTransformer(image_size=32, patch_size=4, num_layers=6, num_heads=3, hidden_dim=192, mlp_dim=768, num_classes=10),
    "ViT-B/16": lambda: models.vit_b_16(**plain),
}


def layers(module):
    """The number of parameters of each layer; attention with its four products is one layer, as in the library."""
    if isinstance(module, nn.MultiheadAttention):
        return [sum(parameter.numel() for parameter in module.parameters())]
    own = [sum(parameter.numel() for parameter in module.parameters(recurse=False))]
    if isinstance(module, models.VisionTransformer):
        own = [module.class_token.numel()]
    return [count for count in own if count > 0] + [count for child in module.children() for count in layers(child)]


def counts(make):
    net = make()
    total = sum(parameter.numel() for parameter in net.parameters() if parameter.requires_grad)
    found = layers(net)
    assert sum(found) == total
    return {"total": total, "layers": sorted(found)}


# The initial numbers do not matter, and drawing some billion of them takes most of the time.
for name in ("uniform_", "normal_", "trunc_normal_", "kaiming_uniform_", "kaiming_normal_", "xavier_uniform_"):
    setattr(nn.init, name, lambda tensor, *args, **kwargs: tensor)

print(json.dumps({"from": f"torchvision {torchvision.__version__}, PyTorch {torch.__version__}", "nets": {name: counts(make) for name, make in nets.items()}}))
