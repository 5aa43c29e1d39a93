"""The benchmark's applications (apps.json), five objects each, in 20 charts: ``python main.py OUTDIR``.

``ApiObject`` takes no ``spec`` in Python, so what is not metadata is patched in: the quickest way that cdk8s has.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, JsonPatch

from constructs import Construct

CHARTS = 20
NAMESPACE = "bench"
TAG = "1.4.2"


class WebApp(Construct):
    def __init__(self, scope: Construct, name: str, replicas: int) -> None:
        super().__init__(scope, name)
        labels = {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/component": "web",
            "app.kubernetes.io/part-of": "bench",
        }
        metadata = ApiObjectMetadata(name=name, namespace=NAMESPACE, labels={**labels, "team": "platform"})

        def add(api_version: str, kind: str, **fields: Any) -> None:
            built = ApiObject(self, kind.lower(), api_version=api_version, kind=kind, metadata=metadata)
            built.add_json_patch(*(JsonPatch.add(f"/{field}", value) for field, value in fields.items()))

        add(
            "apps/v1",
            "Deployment",
            spec={
                "replicas": replicas,
                "revisionHistoryLimit": 2,
                "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "serviceAccountName": name,
                        "securityContext": {
                            "runAsNonRoot": True,
                            "runAsUser": 10001,
                            "seccompProfile": {"type": "RuntimeDefault"},
                        },
                        "containers": [
                            {
                                "name": "web",
                                "image": f"registry.example.com/bench/web:{TAG}",
                                "ports": [{"name": "http", "containerPort": 8080}],
                                "envFrom": [{"configMapRef": {"name": name}}],
                                "resources": {
                                    "requests": {"cpu": "100m", "memory": "128Mi"},
                                    "limits": {"memory": "256Mi"},
                                },
                                "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 5},
                                "livenessProbe": {
                                    "httpGet": {"path": "/healthy", "port": "http"},
                                    "initialDelaySeconds": 10,
                                    "timeoutSeconds": 2,
                                },
                                "securityContext": {
                                    "allowPrivilegeEscalation": False,
                                    "readOnlyRootFilesystem": True,
                                    "capabilities": {"drop": ["ALL"]},
                                },
                            }
                        ],
                    },
                },
            },
        )
        add(
            "v1",
            "Service",
            spec={
                "type": "ClusterIP",
                "selector": {"app.kubernetes.io/name": name},
                "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
            },
        )
        add(
            "v1",
            "ConfigMap",
            immutable=True,
            data={
                "LOG_LEVEL": "info",
                "PORT": "8080",
                "UPSTREAM": f"http://{name}.{NAMESPACE}.svc.cluster.local",
                "application.yaml": f"server:\n  name: {name}\n  threads: 8\ncache:\n  ttl: 30s\n",
            },
        )
        add("v1", "ServiceAccount", automountServiceAccountToken=False)
        add(
            "networking.k8s.io/v1",
            "Ingress",
            spec={
                "ingressClassName": "nginx",
                "rules": [
                    {
                        "host": f"{name}.example.com",
                        "http": {
                            "paths": [
                                {
                                    "path": "/",
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": name, "port": {"name": "http"}}},
                                }
                            ]
                        },
                    }
                ],
            },
        )


def main() -> None:
    apps = json.loads(Path(__file__).with_name("apps.json").read_text(encoding="utf-8"))
    app = App(outdir=sys.argv[1])
    for number in range(CHARTS):
        chart = Chart(app, f"app{number:02d}")
        for each in apps[len(apps) * number // CHARTS : len(apps) * (number + 1) // CHARTS]:
            WebApp(chart, each["name"], each["replicas"])
    app.synth()


main()
