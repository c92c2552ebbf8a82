#!/usr/bin/env python3
"""The parts of build/release.sh that read files: same, sizes, libraries, audit, materials. Python's standard library only."""
import glob
import hashlib
import json
import mmap
import os
import re
import struct
import sys
import uuid
import zipfile

# What may be delivered with a program under Apache-2.0.
ALLOWED = {"MIT", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "MS-PL"}
# Packages that state no SPDX name: the licence was read at the address, or in the file, that they state.
KNOWN = {"k4os.compression.lz4": "MIT", "microsoft.ml.onnxruntime": "MIT", "microsoft.ml.onnxruntime.managed": "MIT"}
# The C and C++ libraries of Ubuntu 22.04 and Debian 12, the oldest of the two in each: nothing delivered may need later ones.
NEWEST = {"GLIBC": (2, 35), "GLIBCXX": (3, 4, 30), "CXXABI": (1, 3, 13)}
# The most megabytes of each product: 140 of the tool's package, and 15 each for ONNX Runtime and the server; the others likewise.
LARGEST = {r"Graft\.Cli\.linux-x64\..*\.nupkg": 170, r"Graft\.\d.*\.nupkg": 2, r"Graft\.(Core|Tokenizers)\.\d.*\.nupkg": 1,
           r"graft-.*\.tar\.xz": 145, r"graft-.*\.tar\.zst": 165}
# Their files are libtorch's, under LICENSE-LIBTORCH.txt.
LIBTORCH = "libtorch-cpu-"


def contents(package):
    """Name to hash of what a package holds, less what NuGet writes anew each time."""
    with zipfile.ZipFile(package) as file:
        return {name: hashlib.sha256(file.read(name)).hexdigest() for name in file.namelist()
                if not name.endswith(".psmdcp") and name != "_rels/.rels"}


def same(first, second):
    for package in sorted(glob.glob(os.path.join(second, "*nupkg"))):
        name = os.path.basename(package)
        one, two = contents(os.path.join(first, name)), contents(package)
        if one != two:
            sys.exit(f"{name}: packed twice, {sorted(k for k in one.keys() | two.keys() if one.get(k) != two.get(k))} differ")
        print(f"{name}: the same")


def sizes(out):
    """Every file with its size; refuses those above their bound."""
    for path in sorted(glob.glob(os.path.join(out, "*"))):
        name, size = os.path.basename(path), os.path.getsize(path) / 1e6
        bound = next((most for pattern, most in LARGEST.items() if re.fullmatch(pattern, name)), None)
        print(f"{size:8.2f} MB  {name}" + (f" (at most {bound})" if bound else ""))
        if bound and size > bound:
            sys.exit(f"{name} is larger than {bound} MB")
    light = [os.path.getsize(path) for name in ("Core", "Tokenizers") for path in glob.glob(os.path.join(out, f"Graft.{name}.[0-9]*.nupkg"))]
    if sum(light) > 1e6:
        sys.exit(f"Graft.Core and Graft.Tokenizers have {sum(light) / 1e6:.2f} MB together; 1 is the bound")


def libraries(*folders):
    """Refuses native files that need a later C or C++ library than the systems have that Graft promises to run on."""
    count = 0
    for folder in folders:
        for path in sorted(glob.glob(os.path.join(folder, "**", "*"), recursive=True)):
            if not os.path.isfile(path) or os.path.getsize(path) < 64:
                continue
            with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
                if image[:6] != b"\x7fELF\x02\x01":
                    continue
                versions = needed_versions(image)
            count += 1
            for name in versions:
                kind, _, number = name.partition("_")
                if kind in NEWEST and number[:1].isdigit() and tuple(map(int, number.split("."))) > NEWEST[kind]:
                    sys.exit(f"{path} needs {name}, later than {'.'.join(map(str, NEWEST[kind]))}")
    print(f"{count} native files need no later C or C++ library than Ubuntu 22.04's and Debian 12's")


def needed_versions(image):
    """Names of versions that the loader insists on (ELF's .gnu.version_r, less the optional ones)."""
    table, size, count = struct.unpack_from("<Q", image, 40)[0], *struct.unpack_from("<HH", image, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, table + i * size) for i in range(count)]
    names = []
    for section in (section for section in sections if section[1] == 0x6FFFFFFE):
        texts, need, more = sections[section[6]][4], section[4], True
        while more:
            _, _, _, first, following = struct.unpack_from("<HHIII", image, need)
            entry, another = need + first, True
            while another:
                _, flags, _, name, step = struct.unpack_from("<IHHII", image, entry)
                start = texts + name
                if not flags & 2:
                    names.append(image[start:image.find(b"\0", start)].decode())
                entry, another = entry + step, step > 0
            need, more = need + following, following > 0
    return names


def audit(*reports):
    for report in reports:
        with open(report, encoding="utf-8") as file:
            found = json.load(file)
        for problem in found.get("problems", []):
            sys.exit(f"{report}: {problem.get('text')}")
        for project in found["projects"]:
            for framework in project.get("frameworks", []):
                for package in framework.get("topLevelPackages", []) + framework.get("transitivePackages", []):
                    sys.exit(f"{package['id']} {package['resolvedVersion']}: {package.get('vulnerabilities') or package.get('deprecationReasons')}")
        print(f"{os.path.basename(report)}: none")


def licence(folder, name):
    if name.startswith(LIBTORCH):
        return "LicenseRef-libtorch"
    if name in KNOWN:
        return KNOWN[name]
    with open(glob.glob(os.path.join(folder, "*.nuspec"))[0], encoding="utf-8-sig") as file:
        stated = re.search(r'<license type="expression">([^<]+)<', file.read())
    return stated.group(1) if stated else None


def materials(project, version, out):
    """The packages that the command line is made of, from its restored graph, as CycloneDX and as a list."""
    with open(os.path.join("artifacts", "obj", os.path.basename(project), "project.assets.json"), encoding="utf-8") as file:
        assets = json.load(file)
    roots = list(assets["packageFolders"])
    components, lines = [], []
    for key, library in sorted(assets["libraries"].items()):
        name, resolved = key.split("/")
        if library["type"] != "package" or not carried(assets, key):
            continue
        folder = next(path for path in (os.path.join(root, library["path"]) for root in roots) if os.path.isdir(path))
        terms = licence(folder, name.lower())
        if terms is None or not (terms in ALLOWED or terms.startswith("LicenseRef-")):
            sys.exit(f"{key}: licence {terms} is not among those that may be delivered (build/release.py)")
        entry = {"type": "library", "name": name, "version": resolved, "purl": f"pkg:nuget/{name}@{resolved}",
                 "licenses": [{"license": {"name": terms} if terms.startswith("LicenseRef-") else {"id": terms}}],
                 "hashes": [{"alg": "SHA-512", "content": library_hash(library["sha512"])}]}
        if terms.startswith("LicenseRef-"):
            entry["components"] = natives(folder)
        components.append(entry)
        lines.append(f"{name} {resolved}: {terms}")
    components.append({"type": "machine-learning-model", "name": "graft-small", "version": version, "licenses": [{"license": {"id": "Apache-2.0"}}]})
    components.append({"type": "machine-learning-model", "name": "graft-small-plain", "version": version, "licenses": [{"license": {"id": "Apache-2.0"}}]})
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
                "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components))}",
                "metadata": {"component": {"type": "application", "name": "graft", "version": version, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
                "components": components}
    with open(os.path.join(out, f"graft-{version}.cdx.json"), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
    with open(os.path.join(out, f"graft-{version}-licences.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    print(f"{len(components)} components")


def carried(assets, key):
    """True for a package that puts a file into an output; analyzers and the like put none."""
    return any(key in target and any(part in target[key] and any("_._" not in file for file in target[key][part]) for part in ("runtime", "native", "runtimeTargets"))
               for target in assets["targets"].values())


def library_hash(base64):
    import base64 as coding
    return coding.b64decode(base64).hex()


def natives(folder):
    """The native files inside a libtorch package, each with its hash."""
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "runtimes", "*", "native", "*"))):
        with open(path, "rb") as file:
            found.append({"type": "file", "name": os.path.basename(path), "hashes": [{"alg": "SHA-256", "content": hashlib.file_digest(file, "sha256").hexdigest()}]})
    return found


if __name__ == "__main__":
    {"same": same, "sizes": sizes, "libraries": libraries, "audit": audit, "materials": materials}[sys.argv[1]](*sys.argv[2:])
