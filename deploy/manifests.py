"""Checks Kubernetes manifests offline: schemas, references between objects, Pod Security, settings that exist.

`python -m deploy.manifests [DIR]` builds every kustomization below DIR (default deploy/kubernetes), prints one line
a finding and exits 1 when there is any. Schemas alone see little: of 40 planted defects they caught 2
(selectors, names and ports that lead nowhere are valid YAML), so references are followed here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import kubernetes_validate
import yaml

from services.catalog.main import Settings as CatalogSettings
from services.curator.main import Settings as CuratorSettings
from services.gateway.main import Settings as GatewaySettings

KUBERNETES = "1.34"
_ALLOWED = {
    "Namespace", "ConfigMap", "ServiceAccount", "Service", "Deployment", "StatefulSet", "Job", "CronJob",
    "PodDisruptionBudget", "NetworkPolicy", "HorizontalPodAutoscaler",
}  # fmt: skip
_SETTINGS = {"catalog": CatalogSettings, "curator": CuratorSettings, "gateway": GatewaySettings}
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[kMGTPE]i?)?")
_FILE = re.compile(r"(?<![\w:/.])/[^\s=]+")
_UNITS = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_SECRET_NAME = re.compile(r"password|secret|token|private_key|seed", re.IGNORECASE)

Object = dict[str, Any]


def build(folder: Path) -> list[Object]:
    """The objects that kustomize makes of a folder; CalledProcessError with its message when it cannot."""
    kubectl = Path(sys.executable).parent / "kubectl"
    made = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=True)
    return [document for document in yaml.safe_load_all(made.stdout) if document]


def findings(objects: list[Object]) -> Iterator[str]:
    """One line for everything that is wrong with a set of objects that is applied together."""
    known = {(found["kind"], _name(found)): found for found in objects}
    for found in objects:
        where = f"{found['kind']}/{_name(found)}"
        # References of an object that its schema refuses cannot be followed: anything may stand anywhere.
        for text in list(_schema(found)) or _object(found, known):
            yield f"{where}: {text}"
    yield from _whole(objects)


def _name(found: Object) -> str:
    return str(found.get("metadata", {}).get("name", "?"))


def _schema(found: Object) -> Iterator[str]:
    if found["kind"] not in _ALLOWED:
        yield f"kind {found['kind']} is not one of those this project uses"
        return
    error = _schema_error(json.dumps(found))
    if error:
        yield error


@lru_cache(maxsize=1024)  # the validator reads its definitions anew for every object: 40 ms each
def _schema_error(found: str) -> str:
    try:
        kubernetes_validate.validate(json.loads(found), KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(str(step) for step in error.path)}: {error.message}"
    except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.InvalidSchemaError) as error:
        return error.message
    return ""


def _pod(found: Object) -> Object | None:
    spec = found.get("spec", {})
    if found["kind"] == "CronJob":
        spec = spec.get("jobTemplate", {}).get("spec", {})
    return cast("Object | None", spec.get("template"))


def _object(found: Object, known: dict[tuple[str, str], Object]) -> Iterator[str]:
    template = _pod(found)
    if template is not None:
        if found["kind"] in ("Deployment", "StatefulSet"):
            selector = found["spec"].get("selector", {}).get("matchLabels", {})
            if not selector or not _selects(selector, template):
                yield "its selector does not match its pods' labels"
        yield from _template(found, template, known)
    pods = [made for other in known.values() if (made := _pod(other)) is not None]
    if found["kind"] == "Service":
        if found["spec"].get("type", "ClusterIP") != "ClusterIP":
            yield "is open on every node; an ingress leads to the gateway"
        matching = [pod for pod in pods if _selects(found["spec"].get("selector", {}), pod)]
        if not matching:
            yield "selects no pod"
        for port in found["spec"].get("ports", []):
            target = port.get("targetPort", port["port"])
            if matching and not any(_has_port(pod, target) for pod in matching):
                yield f"port {target} is exposed by no container it selects"
    if found["kind"] == "PodDisruptionBudget":
        if not any(_selects(found["spec"].get("selector", {}).get("matchLabels", {}), pod) for pod in pods):
            yield "selects no pod"
        if _blocks(found["spec"], known):
            yield "blocks every eviction"
    if found["kind"] == "HorizontalPodAutoscaler":
        target = found["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) not in known:
            yield f"scales {target['kind']}/{target['name']}, which does not exist"
        if found["spec"].get("minReplicas", 1) > found["spec"]["maxReplicas"]:
            yield "minReplicas is above maxReplicas"
    if found["kind"] == "NetworkPolicy":
        yield from _network(found, pods)


def _blocks(budget: Object, known: dict[tuple[str, str], Object]) -> bool:
    if budget.get("maxUnavailable") in (0, "0%") or budget.get("minAvailable") == "100%":
        return True
    selector = budget.get("selector", {}).get("matchLabels", {})
    kept = budget.get("minAvailable", 0)
    for other in known.values():
        if other["kind"] in ("Deployment", "StatefulSet") and _selects(selector, other["spec"]["template"]):
            replicas = other["spec"].get("replicas", 1)
            return isinstance(kept, int) and isinstance(replicas, int) and kept >= replicas
    return False


def _selects(selector: Object, pod: Object) -> bool:
    labels = pod.get("metadata", {}).get("labels", {})
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _containers(pod: Object) -> list[Object]:
    spec = pod.get("spec", {})
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def _has_port(pod: Object, target: str | int) -> bool:
    ports = [port for container in _containers(pod) for port in container.get("ports", [])]
    return any(target in (port.get("name"), port["containerPort"]) for port in ports)


def _template(found: Object, pod: Object, known: dict[tuple[str, str], Object]) -> Iterator[str]:
    spec = pod.get("spec", {})
    account = spec.get("serviceAccountName", "default")
    if ("ServiceAccount", account) not in known:
        yield f"ServiceAccount {account} does not exist"
    if spec.get("automountServiceAccountToken") is not False:
        yield "mounts a token of the cluster that it does not need"
    for flag in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(flag):
            yield f"{flag} is not allowed"
    security = spec.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or security.get("runAsUser") == 0:
        yield "may run as root"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    for volume in volumes.values():
        if "hostPath" in volume:
            yield f"volume {volume['name']} reaches into the host"
        if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
            yield f"volume {volume['name']} has no size limit"
        name = volume.get("configMap", {}).get("name")
        if name and ("ConfigMap", name) not in known:
            yield f"ConfigMap {name} does not exist"
    for container in _containers(pod):
        for text in _container(found, container, volumes, known):
            yield f"container {container['name']}: {text}"


def _container(
    found: Object, container: Object, volumes: dict[str, Object], known: dict[tuple[str, str], Object]
) -> Iterator[str]:
    image = str(container.get("image", ""))
    tag = image.partition("@")[2] or image.rpartition("/")[2].partition(":")[2]
    if tag in ("", "latest"):
        yield f"image {image} is not pinned"
    security = container.get("securityContext", {})
    if security.get("runAsNonRoot") is False or security.get("runAsUser") == 0:
        yield "may run as root"
    if security.get("allowPrivilegeEscalation") is not False:
        yield "may escalate its privileges"
    if security.get("privileged"):
        yield "is privileged"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "may write to its image"
    if security.get("capabilities", {}).get("drop") != ["ALL"] or security.get("capabilities", {}).get("add"):
        yield "keeps capabilities"
    resources = container.get("resources", {})
    for kind, wanted in (("requests", ("cpu", "memory")), ("limits", ("memory",))):
        for name in wanted:
            value = resources.get(kind, {}).get(name)
            if value is None or not _QUANTITY.fullmatch(str(value)):
                yield f"resources.{kind}.{name} is missing or no quantity"
    request, limit = (_bytes(resources.get(kind, {}).get("memory")) for kind in ("requests", "limits"))
    if request is not None and limit is not None and request > limit:
        yield "requests more memory than its limit"
    paths: set[str] = set()
    for mount in container.get("volumeMounts", []):
        if mount["name"] not in volumes:
            yield f"mounts volume {mount['name']}, which does not exist"
        if mount["mountPath"] in paths:
            yield f"mounts two volumes at {mount['mountPath']}"
        paths.add(mount["mountPath"])
    for entry in container.get("env", []):
        for path in _FILE.findall(str(entry.get("value", ""))):
            if not any(path.startswith(f"{mounted}/") for mounted in paths):
                yield f"{entry['name']}: {path} is in no volume it mounts"
    ports = {port.get("name"): port["containerPort"] for port in container.get("ports", [])}
    if found["kind"] in ("Deployment", "StatefulSet"):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            action = container.get(probe, {})
            target = (action.get("httpGet") or action.get("grpc") or {}).get("port")
            if target is None:
                yield f"has no {probe}"
            elif target not in ports and target not in ports.values():
                yield f"{probe} asks port {target}, which it does not expose"
        live = container.get("livenessProbe", {}).get("httpGet", {}).get("path")
        if live not in (None, "/healthz"):
            yield f"livenessProbe asks {live}; only /healthz asks no dependency"
    yield from _environment(container, known)


def _bytes(quantity: object) -> float | None:
    matched = re.fullmatch(r"(\d+(?:\.\d+)?)([kMGT]i?|)", str(quantity))
    return float(matched[1]) * _UNITS.get(matched[2], 1) if matched else None


def _environment(container: Object, known: dict[tuple[str, str], Object]) -> Iterator[str]:
    named = {entry["name"]: entry for entry in container.get("env", [])}
    shared: dict[str, str] = {}
    for source in container.get("envFrom", []):
        name = source.get("configMapRef", {}).get("name")
        if name is None:
            yield "takes a Secret as environment; mount it as a file"
        elif ("ConfigMap", name) not in known:
            yield f"ConfigMap {name} does not exist"
        else:
            shared |= known["ConfigMap", name].get("data", {})
    for name, entry in named.items():
        if "secretKeyRef" in entry.get("valueFrom", {}):
            yield f"{name} takes a Secret as environment; mount it as a file"
        if _SECRET_NAME.search(name) and not name.endswith("_FILE"):
            yield f"{name} looks like a secret given as a value"
    service = next(
        (part.split(".")[1] for part in container.get("args", []) if part.startswith("services.")), ""
    )
    if service not in _SETTINGS:
        if service:
            yield f"services.{service}.main is no service"
        return
    fields = {f"WINNOW_{field.upper()}" for field in _SETTINGS[service].model_fields}
    for name in sorted(set(named) - fields):
        if name.startswith("WINNOW_"):
            yield f"{name} is no setting of the {service}"
    required = {
        f"WINNOW_{name.upper()}"
        for name, field in _SETTINGS[service].model_fields.items()
        if field.is_required()
    }
    if "migrate" not in container.get("args", []):
        for name in sorted(required - set(named) - set(shared)):
            yield f"{name} is required by the {service} and not given"
    if service == "gateway":
        given = shared | {name: str(entry.get("value", "")) for name, entry in named.items()}
        yield from _single_sign_on(given)


def _single_sign_on(given: dict[str, str]) -> Iterator[str]:
    issuer = given.get("WINNOW_OIDC_ISSUER", "")
    if not issuer:
        return
    if not given.get("WINNOW_OIDC_CLIENT_ID"):
        yield "WINNOW_OIDC_ISSUER is given without WINNOW_OIDC_CLIENT_ID"
    for name in ("WINNOW_OIDC_ISSUER", "WINNOW_PUBLIC_URL"):
        if not given.get(name, "").startswith("https://"):
            yield f"{name} is not https: who signs in could be read or led elsewhere"


def _network(found: Object, pods: list[Object]) -> Iterator[str]:
    spec = found["spec"]
    selector = spec.get("podSelector", {}).get("matchLabels", {})
    if selector and not any(_selects(selector, pod) for pod in pods):
        yield "selects no pod"
    for way in ("ingress", "egress"):
        for rule in spec.get(way, []):
            peers = (rule or {}).get("from") or (rule or {}).get("to") or []
            if not peers or any(_anyone(peer) for peer in peers):
                yield f"an {way} rule allows everything"
    selected = [pod for pod in pods if selector and _selects(selector, pod)]
    for port in (port for rule in spec.get("ingress", []) for port in (rule or {}).get("ports", [])):
        if selected and not any(_has_port(pod, port["port"]) for pod in selected):
            yield f"lets in on port {port['port']}, which its pods do not expose"


def _anyone(peer: Object) -> bool:
    if "ipBlock" in peer:
        return str(peer["ipBlock"].get("cidr")).endswith("/0")
    return not peer.get("podSelector") and not peer.get("namespaceSelector")


def _whole(objects: list[Object]) -> Iterator[str]:
    settings = {f"WINNOW_{field.upper()}" for one in _SETTINGS.values() for field in one.model_fields}
    for found in objects:
        if found["kind"] == "ConfigMap":
            for name in found.get("data", {}):
                if name.startswith("WINNOW_") and name not in settings:
                    yield f"ConfigMap/{_name(found)}: {name} is no setting of any service"
        if found["kind"] == "Namespace":
            level = found["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
            if level != "restricted":
                yield f"Namespace/{_name(found)}: does not enforce the restricted Pod Security level"
    spaces = {found["metadata"]["name"] for found in objects if found["kind"] == "Namespace"}
    for found in objects:
        space = found["metadata"].get("namespace", "default")
        if found["kind"] != "Namespace" and space not in spaces:
            yield f"{found['kind']}/{_name(found)}: stands in namespace {space}, which is not part of the set"
    denies = [
        found
        for found in objects
        if found["kind"] == "NetworkPolicy"
        and found["spec"].get("podSelector") == {}
        and set(found["spec"].get("policyTypes", [])) == {"Ingress", "Egress"}
        and not found["spec"].get("ingress")
        and not found["spec"].get("egress")
    ]
    if not denies:
        yield "NetworkPolicy: nothing denies by default, both ways"


def main() -> int:
    """Checks every kustomization below the folder given."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/kubernetes")
    folders = sorted(path.parent for path in root.rglob("kustomization.yaml"))
    if not folders:
        print(f"{root}: no kustomization.yaml below it")
        return 1
    wrong = 0
    for folder in folders:
        try:
            lines = list(findings(build(folder)))
        except subprocess.CalledProcessError as error:
            lines = [str(error.stderr).strip().replace("\n", " ")]
        for line in lines:
            print(f"{folder.relative_to(root)}: {line}")
        wrong += len(lines)
    if not wrong:
        print(f"{len(folders)} kustomization(s) are sound")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
