#!/usr/bin/env python3
"""An OCI image archive from a folder: image.py ROOTFS NAME OUT.tar [OPTION ...] -- COMMAND [ARG ...]

NAME is a full reference such as docker.io/library/stateward:0.1.0. Prints the manifest's digest. The same folder gives the same
bytes: entries are sorted, belong to root, and have one time (SOURCE_DATE_EPOCH, else 1970). No registry, no builder, no network;
`ctr images import`, `podman load` and `skopeo copy oci-archive:` read it."""
import argparse
import datetime
import hashlib
import io
import json
import os
import platform
import tarfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("rootfs")
parser.add_argument("name")
parser.add_argument("out")
parser.add_argument("--user", default="", help="UID:GID that the command runs as")
parser.add_argument("--label", action="append", default=[], metavar="KEY=VALUE")
parser.add_argument("command", nargs="+", help="the entrypoint")
options = parser.parse_args()
time = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def add(archive, path, data=None, kind=tarfile.REGTYPE, mode=0o644, link=""):
    info = tarfile.TarInfo(path)  # belongs to root
    info.type, info.mode, info.linkname, info.mtime, info.size = kind, mode, link, time, len(data or b"")
    archive.addfile(info, io.BytesIO(data or b""))


def layer_of(root):
    paths = sorted(os.path.join(folder, name) for folder, folders, files in os.walk(root) for name in folders + files)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in paths:
            inside = os.path.relpath(path, root)
            if os.path.islink(path):
                add(archive, inside, kind=tarfile.SYMTYPE, mode=0o777, link=os.readlink(path))
            elif os.path.isdir(path):
                add(archive, inside, kind=tarfile.DIRTYPE, mode=0o755)
            else:
                with open(path, "rb") as file:
                    add(archive, inside, file.read(), mode=0o755 if os.access(path, os.X_OK) else 0o644)
    return buffer.getvalue()


blobs = {}


def blob(data, media_type):
    digest = hashlib.sha256(data).hexdigest()
    blobs[digest] = data
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}


def blob_json(value, media_type):
    return blob(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), media_type)


labels = dict(label.split("=", 1) for label in options.label)
layer = blob(layer_of(options.rootfs), "application/vnd.oci.image.layer.v1.tar")
config = blob_json(
    {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()],
        "os": "linux",
        "created": datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "config": {"Entrypoint": options.command, "User": options.user, "WorkingDir": "/", "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
    },
    "application/vnd.oci.image.config.v1+json",
)
manifest = blob_json(
    {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer], "annotations": labels},
    "application/vnd.oci.image.manifest.v1+json",
)
named = dict(manifest, annotations={"io.containerd.image.name": options.name, "org.opencontainers.image.ref.name": options.name.rsplit(":", 1)[-1]})
index = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [named]}, sort_keys=True).encode()

with tarfile.open(options.out, "w", format=tarfile.PAX_FORMAT) as archive:
    add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    add(archive, "index.json", index)
    for digest, data in sorted(blobs.items()):
        add(archive, "blobs/sha256/" + digest, data)
print(manifest["digest"])
