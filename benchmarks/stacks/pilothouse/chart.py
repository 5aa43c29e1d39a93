"""App00: one twentieth of the benchmark's applications, five objects each."""

from __future__ import annotations

from pilothouse import Chart, RawObject, Values

APPS: list[tuple[str, int]] = []


class App00Values(Values):
    tag: str = "1.4.2"


class App00(Chart[App00Values]):
    def build(self) -> None:
        for name, replicas in APPS:
            self.web_app(name, replicas)

    def web_app(self, name: str, replicas: int) -> None:
        pod_labels = {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/component": "web",
            "app.kubernetes.io/part-of": "bench",
        }
        metadata = {"name": name, "labels": {**pod_labels, "team": "platform"}}
        RawObject(
            self,
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": metadata,
                "spec": {
                    "replicas": replicas,
                    "revisionHistoryLimit": 2,
                    "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
                    "template": {
                        "metadata": {"labels": pod_labels},
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
                                    "image": f"registry.example.com/bench/web:{self.values.tag}",
                                    "ports": [{"name": "http", "containerPort": 8080}],
                                    "envFrom": [{"configMapRef": {"name": name}}],
                                    "resources": {
                                        "requests": {"cpu": "100m", "memory": "128Mi"},
                                        "limits": {"memory": "256Mi"},
                                    },
                                    "readinessProbe": {
                                        "httpGet": {"path": "/ready", "port": "http"},
                                        "periodSeconds": 5,
                                    },
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
            },
        )
        RawObject(
            self,
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": metadata,
                "spec": {
                    "type": "ClusterIP",
                    "selector": {"app.kubernetes.io/name": name},
                    "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
                },
            },
        )
        RawObject(
            self,
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": metadata,
                "immutable": True,
                "data": {
                    "LOG_LEVEL": "info",
                    "PORT": "8080",
                    "UPSTREAM": f"http://{name}.bench.svc.cluster.local",
                    "application.yaml": f"server:\n  name: {name}\n  threads: 8\ncache:\n  ttl: 30s\n",
                },
            },
        )
        RawObject(
            self,
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": metadata,
                "automountServiceAccountToken": False,
            },
        )
        RawObject(
            self,
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": metadata,
                "spec": {
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
            },
        )
