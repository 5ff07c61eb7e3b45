"""Writes the files: `python -m tools.manifests`."""

from tools.manifests import ROOT, wanted

for path, data in wanted():
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        print(f"wrote {path.relative_to(ROOT)}")
