"""Each defect planted in the manifests is found, and nothing else; the set as it stands has none.

The checker was written knowing these defects, so this proves that it does not forget them, not that it finds others.
"""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.manifests import Object, build, findings

ROOT = Path(__file__).resolve().parents[3]
BASE = ROOT / "deploy" / "kubernetes" / "base"
SIGN_ON = BASE.parent / "single-sign-on"
Plant = Callable[[Any], object]


@pytest.fixture(scope="module")
def good() -> list[Object]:
    """All of the base, and single sign-on."""
    return build(SIGN_ON)


def _pod(found: Any) -> Any:
    return found["spec"]["template"]["spec"]


def _container(found: Any) -> Any:
    return _pod(found)["containers"][0]


def _env(found: Any, name: str, value: str) -> None:
    _drop_env(found, name)
    _container(found)["env"].append({"name": name, "value": value})


def _drop_env(found: Any, name: str) -> None:
    _container(found)["env"] = [entry for entry in _container(found)["env"] if entry["name"] != name]


def _volume(found: Any, name: str) -> Any:
    return next(volume for volume in _pod(found)["volumes"] if volume["name"] == name)


DEFECTS: dict[str, tuple[str, Plant, str]] = {
    "a selector that is not its pods' labels": (
        "Deployment/gateway",
        lambda found: found["spec"]["selector"]["matchLabels"].update({"app.kubernetes.io/name": "gate"}),
        "its selector does not match",
    ),
    "a service that selects nothing": (
        "Service/catalog",
        lambda found: found["spec"].update(selector={"app.kubernetes.io/name": "katalog"}),
        "selects no pod",
    ),
    "a service on a port nobody exposes": (
        "Service/gateway",
        lambda found: found["spec"]["ports"][0].update(targetPort="rpc"),
        "port rpc is exposed by no container",
    ),
    "a service open on every node": (
        "Service/gateway",
        lambda found: found["spec"].update(type="NodePort"),
        "is open on every node",
    ),
    "a ConfigMap that does not exist": (
        "Deployment/curator",
        lambda found: _container(found)["envFrom"][0]["configMapRef"].update(name="winnow-setings"),
        "ConfigMap winnow-setings does not exist",
    ),
    "a ServiceAccount that does not exist": (
        "Deployment/catalog",
        lambda found: _pod(found).update(serviceAccountName="katalog"),
        "ServiceAccount katalog does not exist",
    ),
    "a setting the service does not have": (
        "Deployment/curator",
        lambda found: _env(found, "WINNOW_ROLE", "judge"),
        "WINNOW_ROLE is no setting of the curator",
    ),
    "a shared setting no service has": (
        "ConfigMap/winnow-settings",
        lambda found: found["data"].update(WINNOW_TIMEZONE="UTC"),
        "WINNOW_TIMEZONE is no setting",
    ),
    "a required setting that is missing": (
        "Deployment/gateway",
        lambda found: _drop_env(found, "WINNOW_IDENTITY_PRIVATE_KEY_FILE"),
        "WINNOW_IDENTITY_PRIVATE_KEY_FILE is required",
    ),
    "a secret taken as a value": (
        "Deployment/curator",
        lambda found: _env(found, "QDRANT_PASSWORD", "x"),
        "QDRANT_PASSWORD looks like a secret",
    ),
    "a secret taken as environment": (
        "Deployment/curator",
        lambda found: _container(found)["env"].append(
            {"name": "QDRANT_KEY", "valueFrom": {"secretKeyRef": {"name": "qdrant", "key": "key"}}}
        ),
        "QDRANT_KEY takes a Secret as environment",
    ),
    "a whole Secret taken as environment": (
        "Deployment/curator",
        lambda found: _container(found)["envFrom"].append({"secretRef": {"name": "qdrant"}}),
        "takes a Secret as environment",
    ),
    "no startup probe": (
        "Deployment/catalog",
        lambda found: _container(found).pop("startupProbe"),
        "has no startupProbe",
    ),
    "no readiness probe": (
        "Deployment/curator",
        lambda found: _container(found).pop("readinessProbe"),
        "has no readinessProbe",
    ),
    "a liveness probe that asks dependencies": (
        "Deployment/curator",
        lambda found: _container(found)["livenessProbe"]["httpGet"].update(path="/readyz"),
        "livenessProbe asks /readyz",
    ),
    "a probe on a port it does not expose": (
        "Deployment/gateway",
        lambda found: _container(found)["readinessProbe"]["httpGet"].update(port=9090),
        "readinessProbe asks port 9090",
    ),
    "a user that may be root": (
        "Deployment/gateway",
        lambda found: _pod(found)["securityContext"].pop("runAsNonRoot"),
        "may run as root",
    ),
    "root by number in a container": (
        "Deployment/gateway",
        lambda found: _container(found)["securityContext"].update(runAsUser=0),
        "may run as root",
    ),
    "no seccomp profile": (
        "Deployment/curator",
        lambda found: _pod(found)["securityContext"].pop("seccompProfile"),
        "has no seccomp profile",
    ),
    "the host's network": (
        "Deployment/catalog",
        lambda found: _pod(found).update(hostNetwork=True),
        "hostNetwork is not allowed",
    ),
    "a token of the cluster": (
        "Deployment/catalog",
        lambda found: _pod(found).pop("automountServiceAccountToken"),
        "mounts a token of the cluster",
    ),
    "a folder of the host": (
        "Deployment/catalog",
        lambda found: (
            _volume(found, "tmp").pop("emptyDir"),
            _volume(found, "tmp").update(hostPath={"path": "/"}),
        ),
        "volume tmp reaches into the host",
    ),
    "a scratch volume without a limit": (
        "Deployment/catalog",
        lambda found: _volume(found, "tmp").update(emptyDir={}),
        "volume tmp has no size limit",
    ),
    "a mount of a volume that does not exist": (
        "Deployment/gateway",
        lambda found: _container(found)["volumeMounts"][0].update(name="temp"),
        "mounts volume temp",
    ),
    "two mounts on one path": (
        "Deployment/gateway",
        lambda found: _container(found)["volumeMounts"].append(
            {"name": "tmp", "mountPath": "/run/secrets/nats"}
        ),
        "mounts two volumes at /run/secrets/nats",
    ),
    "a secret file outside what is mounted": (
        "Deployment/gateway",
        lambda found: _env(found, "WINNOW_NATS_NKEY_FILE", "/run/secret/nats/seed"),
        "/run/secret/nats/seed is in no volume",
    ),
    "the latest image": (
        "Deployment/gateway",
        lambda found: _container(found).update(image="winnow-services:latest"),
        "is not pinned",
    ),
    "an image without a tag": (
        "Job/catalog-migrate",
        lambda found: _container(found).update(image="registry.example.org:5000/winnow-services"),
        "is not pinned",
    ),
    "escalation of privileges": (
        "Job/curator-migrate",
        lambda found: _container(found)["securityContext"].update(allowPrivilegeEscalation=True),
        "may escalate its privileges",
    ),
    "a privileged container": (
        "Deployment/curator",
        lambda found: _container(found)["securityContext"].update(privileged=True),
        "is privileged",
    ),
    "an image that can be written to": (
        "Deployment/curator",
        lambda found: _container(found)["securityContext"].update(readOnlyRootFilesystem=False),
        "may write to its image",
    ),
    "a capability": (
        "Deployment/curator",
        lambda found: _container(found)["securityContext"]["capabilities"].update(add=["NET_ADMIN"]),
        "keeps capabilities",
    ),
    "no memory limit": (
        "Deployment/catalog",
        lambda found: _container(found)["resources"]["limits"].pop("memory"),
        "resources.limits.memory is missing",
    ),
    "a quantity in no unit": (
        "Deployment/catalog",
        lambda found: _container(found)["resources"]["requests"].update(memory="256MB"),
        "resources.requests.memory is missing or no quantity",
    ),
    "more requested than allowed": (
        "Deployment/catalog",
        lambda found: _container(found)["resources"]["requests"].update(memory="2Gi"),
        "requests more memory than its limit",
    ),
    "a command of no service": (
        "Deployment/catalog",
        lambda found: _container(found).update(args=["python", "-m", "services.katalog.main"]),
        "services.katalog.main is no service",
    ),
    "a provider without the client that it knows": (
        "Deployment/gateway",
        lambda found: _drop_env(found, "WINNOW_OIDC_CLIENT_ID"),
        "WINNOW_OIDC_ISSUER is given without WINNOW_OIDC_CLIENT_ID",
    ),
    "a return address that others can read": (
        "ConfigMap/winnow-settings",
        lambda found: found["data"].update(WINNOW_PUBLIC_URL="http://winnow.example.org"),
        "WINNOW_PUBLIC_URL is not https",
    ),
    "a field that is misspelt": (
        "Deployment/gateway",
        lambda found: found["spec"].update(minReadySecond=5),
        "minReadySecond",
    ),
    "replicas as a string": (
        "Deployment/gateway",
        lambda found: found["spec"].update(replicas="two"),
        "replicas",
    ),
    "an API version that is gone": (
        "PodDisruptionBudget/gateway",
        lambda found: found.update(apiVersion="policy/v1beta1"),
        "policy/v1beta1",
    ),
    "a budget that blocks every eviction": (
        "PodDisruptionBudget/catalog",
        lambda found: found["spec"].update(maxUnavailable=0),
        "blocks every eviction",
    ),
    "a budget as large as its replicas": (
        "PodDisruptionBudget/catalog",
        lambda found: (found["spec"].pop("maxUnavailable"), found["spec"].update(minAvailable=2)),
        "blocks every eviction",
    ),
    "a budget for nothing": (
        "PodDisruptionBudget/curator",
        lambda found: found["spec"]["selector"].update(matchLabels={"app.kubernetes.io/name": "curate"}),
        "selects no pod",
    ),
    "a policy for nothing": (
        "NetworkPolicy/curator",
        lambda found: found["spec"]["podSelector"]["matchLabels"].update(
            {"app.kubernetes.io/name": "curate"}
        ),
        "selects no pod",
    ),
    "a policy that lets everybody in": (
        "NetworkPolicy/catalog",
        lambda found: found["spec"]["ingress"].append({}),
        "an ingress rule allows everything",
    ),
    "a policy that lets every namespace in": (
        "NetworkPolicy/catalog",
        lambda found: found["spec"]["ingress"][0].update({"from": [{"namespaceSelector": {}}]}),
        "an ingress rule allows everything",
    ),
    "a policy that lets everything out": (
        "NetworkPolicy/curator",
        lambda found: found["spec"]["egress"][0].update(to=[{"ipBlock": {"cidr": "0.0.0.0/0"}}]),
        "an egress rule allows everything",
    ),
    "a policy on a port nobody exposes": (
        "NetworkPolicy/catalog",
        lambda found: found["spec"]["ingress"][0]["ports"][0].update(port=8082),
        "lets in on port 8082",
    ),
    "nothing denied by default": (
        "NetworkPolicy/default-deny",
        lambda found: found["spec"].update(policyTypes=["Ingress"]),
        "nothing denies by default",
    ),
    "a namespace without Pod Security": (
        "Namespace/winnow",
        lambda found: found["metadata"].pop("labels"),
        "does not enforce the restricted Pod Security level",
    ),
    "an object outside the namespace": (
        "Service/curator",
        lambda found: found["metadata"].update(namespace="default"),
        "stands in namespace default",
    ),
    "a right over the whole cluster": (
        "ServiceAccount/curator",
        lambda found: found.update(kind="ClusterRoleBinding", apiVersion="rbac.authorization.k8s.io/v1"),
        "ClusterRoleBinding is not one of those",
    ),
}
# Where one defect leaves others behind it, as it would for whoever applied the set.
CONSEQUENCES = {
    "a ConfigMap that does not exist": ("is required by the curator",),
    "a right over the whole cluster": ("ServiceAccount curator does not exist",),
}


def test_the_manifests_as_they_stand_have_no_finding(good: list[Object]) -> None:
    assert list(findings(build(BASE))) == []
    assert list(findings(good)) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_the_one_finding(good: list[Object], defect: str) -> None:
    where, plant, expected = DEFECTS[defect]
    objects = copy.deepcopy(good)
    plant(next(found for found in objects if f"{found['kind']}/{found['metadata']['name']}" == where))
    found = list(findings(objects))
    consequences = CONSEQUENCES.get(defect, ())
    assert [line for line in found if expected in line], found
    assert all(expected in line or any(text in line for text in consequences) for line in found), found


def test_a_copy_with_a_defect_fails_with_one_line_a_finding(tmp_path: Path) -> None:
    copied = tmp_path / "kubernetes"
    shutil.copytree(BASE.parent, copied)
    gateway = copied / "base" / "gateway.yaml"
    gateway.write_text(
        gateway.read_text().replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    )
    run = subprocess.run(
        [sys.executable, "-m", "deploy.manifests", copied],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    told = "Deployment/gateway: container gateway: may write to its image"
    assert run.stdout.splitlines() == [f"base: {told}", f"single-sign-on: {told}"]


def test_a_folder_that_kustomize_cannot_build_fails(tmp_path: Path) -> None:
    copied = tmp_path / "kubernetes"
    shutil.copytree(BASE.parent, copied)
    (copied / "base" / "network.yaml").unlink()
    run = subprocess.run(
        [sys.executable, "-m", "deploy.manifests", copied],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "network.yaml" in run.stdout
