// The benchmark's applications (apps.json), five objects each, in 20 charts: node main.js OUTDIR
'use strict';
const { ApiObject, App, Chart } = require('cdk8s');
const { Construct } = require('constructs');

const CHARTS = 20;
const NAMESPACE = 'bench';
const TAG = '1.4.2';

class WebApp extends Construct {
  constructor(scope, name, replicas) {
    super(scope, name);
    const labels = {
      'app.kubernetes.io/name': name,
      'app.kubernetes.io/component': 'web',
      'app.kubernetes.io/part-of': 'bench',
    };
    const metadata = { name, namespace: NAMESPACE, labels: { ...labels, team: 'platform' } };
    new ApiObject(this, 'deployment', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas,
        revisionHistoryLimit: 2,
        selector: { matchLabels: { 'app.kubernetes.io/name': name } },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [{
              name: 'web',
              image: `registry.example.com/bench/web:${TAG}`,
              ports: [{ name: 'http', containerPort: 8080 }],
              envFrom: [{ configMapRef: { name } }],
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
    });
    new ApiObject(this, 'service', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector: { 'app.kubernetes.io/name': name },
        ports: [{ name: 'http', port: 80, targetPort: 'http' }],
      },
    });
    new ApiObject(this, 'configmap', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      immutable: true,
      data: {
        'LOG_LEVEL': 'info',
        'PORT': '8080',
        'UPSTREAM': `http://${name}.${NAMESPACE}.svc.cluster.local`,
        'application.yaml': `server:\n  name: ${name}\n  threads: 8\ncache:\n  ttl: 30s\n`,
      },
    });
    new ApiObject(this, 'serviceaccount', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
      automountServiceAccountToken: false,
    });
    new ApiObject(this, 'ingress', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata,
      spec: {
        ingressClassName: 'nginx',
        rules: [{
          host: `${name}.example.com`,
          http: {
            paths: [{
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name, port: { name: 'http' } } },
            }],
          },
        }],
      },
    });
  }
}

const apps = require('./apps.json');
const app = new App({ outdir: process.argv[2] });
for (let c = 0; c < CHARTS; c++) {
  const chart = new Chart(app, `app${String(c).padStart(2, '0')}`);
  const [first, end] = [c, c + 1].map((n) => Math.floor(apps.length * n / CHARTS));
  for (const { name, replicas } of apps.slice(first, end)) {
    new WebApp(chart, name, replicas);
  }
}
app.synth();
