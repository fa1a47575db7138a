"""Small files as the real tools write them, made by hand."""

import json
import struct
from pathlib import Path
from typing import Any

VOUCHED: dict[str, Any] = {
    "results": {"harm": {"alias": "harm", "acc,none": 0.95, "acc_stderr,none": 0.01}},
    "versions": {"harm": 1.0},
    "n-samples": {"harm": {"original": 400, "effective": 400}},
    "config": {"model": "hf", "model_args": {"pretrained": "tiny"}, "limit": None},
    "lm_eval_version": "0.4.13",
}
"""A log of lm-evaluation-harness, which binds itself to no weights."""


def tensor(begin: int, end: int, dtype: str = "F32", shape: list[Any] | None = None) -> dict[str, Any]:
    """The description of a tensor; of four-byte elements in one row, if not said otherwise."""
    return {
        "dtype": dtype,
        "shape": [(end - begin) // 4] if shape is None else shape,
        "data_offsets": [begin, end],
    }


def safetensors(header: Any, data: int = 0) -> bytes:
    """A safetensors file with a header, given as a tree or as text, and so many bytes of data."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", len(text)) + text + bytes(data)


def good_weights() -> bytes:
    """A safetensors file with twelve parameters and two elements of a buffer too few to matter."""
    return safetensors({"a": tensor(0, 1600), "b": tensor(1600, 1608, "I64", [1])}, 1608)


def gguf_text(text: str) -> bytes:
    """A text as GGUF writes it."""
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf(
    metadata: dict[str, str | int],
    tensors: list[tuple[str, list[int], int, int]],
    data: int,
    version: int = 3,
) -> bytes:
    """A GGUF file: metadata; tensors as name, shape, type and offset; and so many bytes of data."""
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    for key, value in metadata.items():
        out += gguf_text(key)
        out += (
            struct.pack("<I", 8) + gguf_text(value)
            if isinstance(value, str)
            else struct.pack("<II", 4, value)
        )
    for name, shape, kind, offset in tensors:
        out += gguf_text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        out += struct.pack("<IQ", kind, offset)
    return out + bytes(-len(out) % 32) + bytes(data)


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files, with their folders."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


CARD = """\
---
license: apache-2.0
language: en
base_model: acme/base-7b
base_model_relation: finetune
datasets:
- c4
- acme/private
model-index:
- name: tiny
  results:
  - task: {type: text-generation}
    dataset: {name: ARC Easy, type: arc}
    metrics:
    - {type: acc, value: 0.71}
    - {type: f1, value: 71.0%}
extra_gated_prompt: Say who you are
---
# Tiny

A model with 7B parameters, released under the MIT license, fine-tuned from something else.
"""
MIT = """\
MIT License

Copyright (c) 2026 Acme

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
