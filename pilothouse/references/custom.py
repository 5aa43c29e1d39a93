"""The references of custom resources. Source: the definition of each, and its project's API reference."""

from __future__ import annotations

from pilothouse.references.gateways import DESTINATION_RULE, GATEWAY, VIRTUAL_SERVICE
from pilothouse.references.kubernetes import (
    ACCOUNT,
    CONFIG_MAP,
    DEPLOYMENT,
    INGRESS,
    POD,
    REPLICA_SET,
    ROLLOUT,
    SECRET,
    SERVICE,
    STORAGE_CLASS,
    claim,
)
from pilothouse.references.row import GroupKind, How, Lack, Row, Where

ISSUER, CLUSTER_ISSUER = ("cert-manager.io", "Issuer"), ("cert-manager.io", "ClusterIssuer")
CERTIFICATE = ("cert-manager.io", "Certificate")
_ES = "external-secrets.io"
EXTERNAL_SECRET, CLUSTER_EXTERNAL_SECRET = (_ES, "ExternalSecret"), (_ES, "ClusterExternalSecret")
_STORE, _CLUSTER_STORE, _PUSH = (_ES, "SecretStore"), (_ES, "ClusterSecretStore"), (_ES, "PushSecret")
_GENERATORS = ("ACRAccessToken", "ECRAuthorizationToken", "Fake", "GCRAccessToken", "GithubAccessToken", "Password",
               "QuayAccessToken", "SSHKey", "STSSessionToken", "UUID", "VaultDynamicSecret", "Webhook")  # fmt: skip
_COREOS = "monitoring.coreos.com"
PROMETHEUS, ALERTMANAGER, THANOS_RULER = (
    (_COREOS, "Prometheus"),
    (_COREOS, "Alertmanager"),
    (_COREOS, "ThanosRuler"),
)
_SERVICE_MONITOR, _POD_MONITOR = (_COREOS, "ServiceMonitor"), (_COREOS, "PodMonitor")
_ARGO, _ROOK = "argoproj.io", "ceph.rook.io"
ELASTICSEARCH, KIBANA = ("elasticsearch.k8s.elastic.co", "Elasticsearch"), ("kibana.k8s.elastic.co", "Kibana")
_APM, _ENTERPRISE = ("apm.k8s.elastic.co", "ApmServer"), ("enterprisesearch.k8s.elastic.co", "EnterpriseSearch")
_BEAT, _AGENT = ("beat.k8s.elastic.co", "Beat"), ("agent.k8s.elastic.co", "Agent")
_LOGSTASH, _MAPS = ("logstash.k8s.elastic.co", "Logstash"), ("maps.k8s.elastic.co", "ElasticMapsServer")


def _issued(source: GroupKind) -> tuple[Row, ...]:
    return (
        Row(source, "spec.issuerRef.name", ISSUER, kind_beside="Issuer", lack=Lack.WAITS),
        Row(source, "spec.issuerRef.name", CLUSTER_ISSUER, where=Where.CLUSTER, kind_beside="Issuer", lack=Lack.WAITS),
    )


def _stored(source: GroupKind, path: str) -> tuple[Row, ...]:
    return (
        Row(source, path, _STORE, kind_beside="SecretStore", lack=Lack.WAITS),
        Row(source, path, _CLUSTER_STORE, where=Where.CLUSTER, kind_beside="SecretStore", lack=Lack.WAITS),
    )


_CERT_MANAGER: tuple[Row, ...] = (
    *_issued(CERTIFICATE),
    *_issued(("cert-manager.io", "CertificateRequest")),
    *(
        Row(CERTIFICATE, f"spec.keystores.{store}.passwordSecretRef.name", SECRET, lack=Lack.WAITS, reads=True)
        for store in ("jks", "pkcs12")
    ),
    Row(ISSUER, "spec.ca.secretName", SECRET, lack=Lack.WAITS),
    *(
        row
        for source in (INGRESS, GATEWAY)
        for row in (
            Row(source, "metadata.annotations[cert-manager.io/issuer]", ISSUER, lack=Lack.WAITS),
            Row(
                source,
                "metadata.annotations[cert-manager.io/cluster-issuer]",
                CLUSTER_ISSUER,
                where=Where.CLUSTER,
                lack=Lack.WAITS,
            ),
        )
    ),
)

_EXTERNAL_SECRETS: tuple[Row, ...] = (
    *(
        row
        for path in ("secretStoreRef", "data[].sourceRef.storeRef", "dataFrom[].sourceRef.storeRef")
        for row in _stored(EXTERNAL_SECRET, f"spec.{path}.name")
    ),
    Row(
        CLUSTER_EXTERNAL_SECRET,
        "spec.externalSecretSpec.secretStoreRef.name",
        _CLUSTER_STORE,
        where=Where.CLUSTER,
        kind_beside="SecretStore",
        lack=Lack.WAITS,
    ),
    *(
        Row(
            EXTERNAL_SECRET,
            "spec.dataFrom[].sourceRef.generatorRef.name",
            ("generators.external-secrets.io", generator),
            kind_beside="",
            lack=Lack.WAITS,
        )
        for generator in _GENERATORS
    ),
    *_stored(_PUSH, "spec.secretStoreRefs[].name"),
    Row(_PUSH, "spec.selector.secret.name", SECRET, lack=Lack.WAITS),
)

_PROMETHEUS: tuple[Row, ...] = (
    Row(_SERVICE_MONITOR, "spec.selector", SERVICE, How.SELECTOR, Where.NAMED, beside="namespaceSelector",
        lack=Lack.SELECTS),
    Row(_POD_MONITOR, "spec.selector", POD, How.SELECTOR, Where.NAMED, beside="namespaceSelector", lack=Lack.SELECTS),
    Row(_SERVICE_MONITOR, "spec.endpoints[].bearerTokenSecret.name", SECRET, lack=Lack.WAITS, reads=True),
    *(
        row
        for kind in ("Prometheus", "PrometheusAgent")
        for row in (
            Row((_COREOS, kind), "spec.serviceMonitorSelector", _SERVICE_MONITOR, How.SELECTOR, Where.LABELLED,
                beside="serviceMonitorNamespaceSelector"),
            Row((_COREOS, kind), "spec.podMonitorSelector", _POD_MONITOR, How.SELECTOR, Where.LABELLED,
                beside="podMonitorNamespaceSelector"),
        )
    ),
    *(
        Row(source, "spec.ruleSelector", (_COREOS, "PrometheusRule"), How.SELECTOR, Where.LABELLED,
            beside="ruleNamespaceSelector")
        for source in (PROMETHEUS, THANOS_RULER)
    ),
    *(
        Row((_COREOS, kind), "spec.serviceAccountName", ACCOUNT, lack=Lack.START)
        for kind in ("Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler")
    ),
    *(
        row
        for kind in ("Prometheus", "PrometheusAgent", "Alertmanager")
        for row in (
            Row((_COREOS, kind), "spec.secrets[]", SECRET, lack=Lack.START),
            Row((_COREOS, kind), "spec.configMaps[]", CONFIG_MAP, lack=Lack.START),
            *claim((_COREOS, kind), "spec.storage.volumeClaimTemplate.spec")[:1],
        )
    ),
    Row(PROMETHEUS, "spec.additionalScrapeConfigs.name", SECRET, lack=Lack.WAITS, reads=True),
    Row(PROMETHEUS, "spec.alerting.alertmanagers[].name", SERVICE, where=Where.BESIDE, lack=Lack.TRAFFIC),
    Row(ALERTMANAGER, "spec.configSecret", SECRET),
)  # fmt: skip

_CANARY, _ROUTING = "spec.strategy.canary", "spec.strategy.canary.trafficRouting"
_ANALYSES = (f"{_CANARY}.analysis", f"{_CANARY}.steps[].analysis", "spec.strategy.blueGreen.prePromotionAnalysis",
             "spec.strategy.blueGreen.postPromotionAnalysis")  # fmt: skip
_ARGO_CD: tuple[Row, ...] = (
    Row((_ARGO, "Application"), "spec.project", (_ARGO, "AppProject"), where=Where.ANYWHERE, lack=Lack.WAITS),
    Row((_ARGO, "ApplicationSet"), "spec.template.spec.project", (_ARGO, "AppProject"), where=Where.ANYWHERE,
        lack=Lack.WAITS),
    *(
        Row(ROLLOUT, f"spec.strategy.{field}", SERVICE, lack=Lack.WAITS)
        for field in ("canary.canaryService", "canary.stableService", "canary.pingPong.pingService",
                      "canary.pingPong.pongService", "blueGreen.activeService", "blueGreen.previewService")
    ),
    *(Row(ROLLOUT, "spec.workloadRef.name", target, kind_beside="", lack=Lack.SCALE)
      for target in (DEPLOYMENT, REPLICA_SET)),
    Row(ROLLOUT, f"{_ROUTING}.istio.virtualService.name", VIRTUAL_SERVICE, lack=Lack.WAITS),
    Row(ROLLOUT, f"{_ROUTING}.istio.virtualServices[].name", VIRTUAL_SERVICE, lack=Lack.WAITS),
    Row(ROLLOUT, f"{_ROUTING}.istio.destinationRule.name", DESTINATION_RULE, lack=Lack.WAITS),
    Row(ROLLOUT, f"{_ROUTING}.nginx.stableIngress", INGRESS, lack=Lack.WAITS),
    Row(ROLLOUT, f"{_ROUTING}.alb.ingress", INGRESS, lack=Lack.WAITS),
    *(
        row
        for path in _ANALYSES
        for row in (
            Row(ROLLOUT, f"{path}.templates[].templateName", (_ARGO, "AnalysisTemplate"), lack=Lack.WAITS,
                flag=("clusterScope", False)),
            Row(ROLLOUT, f"{path}.templates[].templateName", (_ARGO, "ClusterAnalysisTemplate"), where=Where.CLUSTER,
                lack=Lack.WAITS, flag=("clusterScope", True)),
        )
    ),
)  # fmt: skip

_CEPH: tuple[Row, ...] = (
    Row((_ROOK, "CephBlockPoolRadosNamespace"), "spec.blockPoolName", (_ROOK, "CephBlockPool"), lack=Lack.WAITS),
    Row((_ROOK, "CephFilesystemSubVolumeGroup"), "spec.filesystemName", (_ROOK, "CephFilesystem"), lack=Lack.WAITS),
    Row((_ROOK, "CephObjectStoreUser"), "spec.store", (_ROOK, "CephObjectStore"), where=Where.BESIDE,
        beside="clusterNamespace", lack=Lack.WAITS),
    Row((_ROOK, "CephBucketTopic"), "spec.objectStoreName", (_ROOK, "CephObjectStore"), where=Where.BESIDE,
        beside="objectStoreNamespace", lack=Lack.WAITS),
    Row((_ROOK, "CephObjectStore"), "spec.zone.name", (_ROOK, "CephObjectZone"), lack=Lack.WAITS),
    Row((_ROOK, "CephObjectZone"), "spec.zoneGroup", (_ROOK, "CephObjectZoneGroup"), lack=Lack.WAITS),
    Row((_ROOK, "CephObjectZoneGroup"), "spec.realm", (_ROOK, "CephObjectRealm"), lack=Lack.WAITS),
    Row(("objectbucket.io", "ObjectBucketClaim"), "spec.storageClassName", STORAGE_CLASS, where=Where.CLUSTER,
        lack=Lack.CLASS),
)  # fmt: skip


def _elastic(sources: tuple[GroupKind, ...], path: str, target: GroupKind) -> tuple[Row, ...]:
    return tuple(Row(source, path, target, where=Where.BESIDE, lack=Lack.WAITS) for source in sources)


_ELASTIC: tuple[Row, ...] = (
    *_elastic((KIBANA, _BEAT, _APM, _ENTERPRISE, _MAPS), "spec.elasticsearchRef.name", ELASTICSEARCH),
    *_elastic((_AGENT, _LOGSTASH), "spec.elasticsearchRefs[].name", ELASTICSEARCH),
    *_elastic((_BEAT, _AGENT, _APM), "spec.kibanaRef.name", KIBANA),
    Row(
        ("autoscaling.k8s.elastic.co", "ElasticsearchAutoscaler"),
        "spec.elasticsearchRef.name",
        ELASTICSEARCH,
        lack=Lack.SCALE,
    ),
    *(
        Row(source, "spec.secureSettings[].secretName", SECRET, lack=Lack.WAITS)
        for source in (ELASTICSEARCH, KIBANA, _BEAT, _APM, _LOGSTASH)
    ),
    *(
        Row(source, "spec.http.tls.certificate.secretName", SECRET, lack=Lack.WAITS)
        for source in (ELASTICSEARCH, KIBANA, _APM)
    ),
)

_CHAOS: tuple[Row, ...] = tuple(
    Row(("chaos-mesh.org", kind), f"{path}.labelSelectors", POD, How.LABELS, Where.NAMED, beside="namespaces",
        lack=Lack.SELECTS)
    for kind, path in (
        *((f"{what}Chaos", "spec.selector") for what in ("Block", "DNS", "HTTP", "IO", "JVM", "Kernel", "Network",
                                                         "Pod", "Stress", "Time")),
        ("NetworkChaos", "spec.target.selector"),
        ("Schedule", "spec.podChaos.selector"),
        ("Schedule", "spec.networkChaos.selector"),
        ("Schedule", "spec.stressChaos.selector"),
    )
)  # fmt: skip

ROWS = (*_CERT_MANAGER, *_EXTERNAL_SECRETS, *_PROMETHEUS, *_ARGO_CD, *_CEPH, *_ELASTIC, *_CHAOS)
