// The benchmark's applications, five objects each. apps.json beside this file lists them.
local apps = import 'apps.json';
local namespace = 'bench';
local tag = '1.4.2';

local labels(name) = {
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/component': 'web',
  'app.kubernetes.io/part-of': 'bench',
};

local metadata(name) = { name: name, namespace: namespace, labels: labels(name) { team: 'platform' } };

local deployment(name, replicas) = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: metadata(name),
  spec: {
    replicas: replicas,
    revisionHistoryLimit: 2,
    selector: { matchLabels: { 'app.kubernetes.io/name': name } },
    template: {
      metadata: { labels: labels(name) },
      spec: {
        serviceAccountName: name,
        securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{
          name: 'web',
          image: 'registry.example.com/bench/web:' + tag,
          ports: [{ name: 'http', containerPort: 8080 }],
          envFrom: [{ configMapRef: { name: name } }],
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
          readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
          livenessProbe: {
            httpGet: { path: '/healthy', port: 'http' },
            initialDelaySeconds: 10,
            timeoutSeconds: 2,
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        }],
      },
    },
  },
};

local service(name) = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(name),
  spec: {
    type: 'ClusterIP',
    selector: { 'app.kubernetes.io/name': name },
    ports: [{ name: 'http', port: 80, targetPort: 'http' }],
  },
};

local configMap(name) = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata(name),
  immutable: true,
  data: {
    LOG_LEVEL: 'info',
    PORT: '8080',
    UPSTREAM: 'http://' + name + '.' + namespace + '.svc.cluster.local',
    'application.yaml': 'server:\n  name: ' + name + '\n  threads: 8\ncache:\n  ttl: 30s\n',
  },
};

local serviceAccount(name) = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: metadata(name),
  automountServiceAccountToken: false,
};

local ingress(name) = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: metadata(name),
  spec: {
    ingressClassName: 'nginx',
    rules: [{
      host: name + '.example.com',
      http: {
        paths: [{
          path: '/',
          pathType: 'Prefix',
          backend: { service: { name: name, port: { name: 'http' } } },
        }],
      },
    }],
  },
};

std.flatMap(
  function(app) [
    deployment(app.name, app.replicas),
    service(app.name),
    configMap(app.name),
    serviceAccount(app.name),
    ingress(app.name),
  ],
  apps
)
