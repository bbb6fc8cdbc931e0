#!/usr/bin/env bash
# Installs from Debian what the end-to-end tests need: Jupyter, Chromium, PyTorch, the kernel test suite.
set -euo pipefail
packages=(python3-torch python3-torchvision jupyter-notebook jupyter-nbconvert python3-jupyter-kernel-test chromium libopenblas0-pthread)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo"
  $sudo apt-get update -q
  $sudo apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
for program in /usr/bin/jupyter /usr/bin/chromium /usr/bin/python3; do
  [ -x "$program" ] || { echo "setup: $program is missing after installation" >&2; exit 1; }
done
/usr/bin/python3 -c 'import torch, jupyter_kernel_test; print("PyTorch", torch.__version__)'
